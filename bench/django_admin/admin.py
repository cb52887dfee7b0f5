"""The changelist: the columns, the order, the page size, the filter and the search of LeaseDesk's Accounts list."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html

from bench.django_admin.models import Account


class AccountAdmin(admin.ModelAdmin):
    """As Django's manual would have it, with the joins that its columns need."""

    list_display = ("customer_name", "device_model", "start_on", "payment", "balance", "late_fees", "next_due_on", "standing")
    list_select_related = ("customer", "device")
    list_filter = ("status",)
    list_per_page = 50
    search_fields = ("account_number", "customer__first_name", "customer__last_name", "customer__phones__e164")
    ordering = ("-start_on", "-id")

    @admin.display(description="Customer", ordering="customer__last_name")
    def customer_name(self, row):
        """The name with the account number."""
        return format_html("{} {} <span>{}</span>", row.customer.first_name, row.customer.last_name, row.account_number)

    @admin.display(description="Device", ordering="device__model")
    def device_model(self, row):
        """The leased thing."""
        return row.device.model if row.device else "-"

    @admin.display(description="Payment", ordering="payment_cents")
    def payment(self, row):
        """The amount with its rhythm."""
        return f"${row.payment_cents / 100:,.2f} {row.frequency}"

    @admin.display(description="Balance", ordering="balance_cents")
    def balance(self, row):
        """What is unpaid."""
        return f"${row.balance_cents / 100:,.2f}"

    @admin.display(description="Late fees", ordering="fees_cents")
    def late_fees(self, row):
        """Unpaid fees."""
        return f"${row.fees_cents / 100:,.2f}"

    @admin.display(description="Status", ordering="status")
    def standing(self, row):
        """The status, and how many days late."""
        return f"{row.get_status_display()} {row.days_past_due} d" if row.days_past_due else row.get_status_display()


class UncountedAccountAdmin(AccountAdmin):
    """The same with the one switch that spares a second count of all rows."""

    show_full_result_count = False


counted = admin.AdminSite(name="counted")
counted.register(Account, AccountAdmin)
uncounted = admin.AdminSite(name="uncounted")
uncounted.register(Account, UncountedAccountAdmin)
