"""Screens of AutoPay: its runs, the charges one by one, what does not agree with Square, and how it is set."""
