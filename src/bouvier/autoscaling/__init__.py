"""More or fewer instances as an application needs: the HorizontalPodAutoscaler and schedules."""
