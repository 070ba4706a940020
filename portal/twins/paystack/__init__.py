"""A local Paystack: its documented HTTP, a hosted pay page, signed webhooks, and every fault on demand."""
