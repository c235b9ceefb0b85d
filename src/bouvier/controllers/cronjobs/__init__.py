"""CronJob: a Job at set times."""
