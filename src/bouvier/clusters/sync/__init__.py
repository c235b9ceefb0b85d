"""What all drivers share: bringing wishes out and what runs back in."""
