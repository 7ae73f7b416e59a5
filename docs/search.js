// How search ranks the pages: titles and the words of users first, measurements and the
// files of the project last. Names and values are those of Sphinx (searchtools.js).
var Scorer = {
  score: ([page, title, anchor, description, score]) =>
    /^(results[/](?!README)|house[/])/.test(page) ? score - 1000 : anchor ? score - 1 : score,
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 60,
  partialTitle: 30,
  term: 5,
  partialTerm: 2,
};
