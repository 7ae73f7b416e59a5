#!/usr/bin/env bash
# Lets other programs judge what skelseg writes, and reads here what they write.
#
# Each list requirements/judges-NAME.txt gets an environment of its own, because the
# programs collide with our Qt and OpenCV, and tests/judges/test_NAME*.py run in it. What
# cannot be installed in time is skipped and said; a judge that finds a fault fails.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-.venv/bin/python}
ours=requirements/ours.txt
folder=.venv-judges
# Seconds for all installations together: a slow mirror of PyPI holds nothing up.
limit=${JUDGES_SECONDS:-90}
names=()
for list in requirements/judges-*.txt; do
	name=$(basename "$list" .txt)
	names+=("${name#judges-}")
done

# Tells whether the judges of a name are installed, as their list is now.
ready() {
	cat "$ours" "requirements/judges-$1.txt" | cmp --quiet - "$folder/$1/installed.txt"
}

install() {
	set -e
	local list=requirements/judges-$1.txt venv=$folder/$1
	"$python" -m venv --without-pip --clear "$venv"
	# Without compiling: most of these modules are never imported.
	local pip=(timeout "$limit" "$python" -m pip --python "$venv/bin/python" install
		--quiet --disable-pip-version-check --no-compile --retries 1)
	grep -v "# alone$" "$list" >"$venv/list.txt"
	"${pip[@]}" -r "$ours" -r "$venv/list.txt"
	if grep "# alone$" "$list" >"$venv/alone.txt"; then
		"${pip[@]}" --no-deps -r "$venv/alone.txt"
	fi
	cat "$ours" "$list" >"$venv/installed.txt"
}

mkdir -p "$folder"
for name in "${names[@]}"; do
	ready "$name" || install "$name" >"$folder/$name.log" 2>&1 &
done
wait

failed=0
for name in "${names[@]}"; do
	if ! ready "$name"; then
		echo "Skipped: the judges of $name, which were not installed in $limit s."
		tail -n 3 "$folder/$name.log"
		continue
	fi
	echo "The judges of $name:"
	# Warnings of other programs are theirs, and pytest-qt, which knows some of our
	# settings, is not there. Some keep a log in the home folder.
	HOME=$PWD/$folder "$folder/$name/bin/python" -m pytest -q --disable-warnings -p no:cacheprovider -W default \
		-W "ignore:Unknown config:pytest.PytestConfigWarning" --color=no \
		tests/judges/test_"$name"*.py 2>&1 | tee "$folder/$name.log" || failed=1
	if ! grep --quiet " passed" "$folder/$name.log"; then
		echo "The judges of $name are installed, and none of them was asked."
		failed=1
	fi
done
exit "$failed"
