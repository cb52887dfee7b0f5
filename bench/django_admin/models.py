"""The tables that the list needs, as unmanaged models."""

from __future__ import annotations

from django.db import models


class Customer(models.Model):
    """A lessee."""

    first_name = models.CharField(max_length=80)
    last_name = models.CharField(max_length=80)

    class Meta:
        """Whose table it is."""

        app_label = "django_admin"
        managed = False
        db_table = "customer"


class CustomerPhone(models.Model):
    """A number of a lessee."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING, related_name="phones")
    e164 = models.CharField(max_length=20)

    class Meta:
        """Whose table it is."""

        app_label = "django_admin"
        managed = False
        db_table = "customer_phone"


class Device(models.Model):
    """A leased thing."""

    model = models.CharField(max_length=160)

    class Meta:
        """Whose table it is."""

        app_label = "django_admin"
        managed = False
        db_table = "device"


class Account(models.Model):
    """A lease."""

    customer = models.ForeignKey(Customer, models.DO_NOTHING)
    device = models.ForeignKey(Device, models.DO_NOTHING, null=True)
    account_number = models.CharField(max_length=40)
    frequency = models.CharField(max_length=12)
    start_on = models.DateField()
    payment_cents = models.BigIntegerField()
    balance_cents = models.BigIntegerField()
    fees_cents = models.BigIntegerField()
    next_due_on = models.DateField(null=True)
    status = models.CharField(
        max_length=20,
        choices=[
            (word, word.replace("_", " ").capitalize())
            for word in ("active", "paid_off", "default", "pending_review", "recovery", "returned", "cancelled", "closed")
        ],
    )
    days_past_due = models.SmallIntegerField()

    class Meta:
        """Whose table it is."""

        app_label = "django_admin"
        managed = False
        db_table = "account"
