"""Two admin sites: as Django is, and without the count of all rows."""

from __future__ import annotations

from django.urls import path

from bench.django_admin.admin import counted, uncounted

urlpatterns = [path("counted/", counted.urls), path("uncounted/", uncounted.urls)]
