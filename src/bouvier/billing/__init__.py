"""What workloads use and what it costs: ledger, prices, allocation, reports and invoices."""
