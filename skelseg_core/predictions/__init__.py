"""Predictions: found in the folder of a project, never listed; whether they still fit.

A file ``predictions/<video>/<model>.npz`` that is there is known. No project value
holds what it says, and no undo, journal or save knows it: it can be made again.
"""
