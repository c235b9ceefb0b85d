"""What every controller is made of: the reconcile contract, the manager, leader election."""
