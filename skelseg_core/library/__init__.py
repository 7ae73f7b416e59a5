"""The library for notebooks and scripts: opened projects, and verbs on folders.

`skelseg_core` itself offers these names. They take paths and names, return numpy
arrays, tables of pandas and plain values, and stay as they are; other modules of the
package may change.
"""
