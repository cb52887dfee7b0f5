"""Doorways for background work: what a worker runs when the doorbell rings.

A task is a function of its `Work` and stands in a module of this package; its name is the job's kind. A screen plans a job
of that kind and rings after the commit; `tasks.perform` claims it, runs the function and notes how it ended. The timetable
is `tasks.timetable`.
"""
