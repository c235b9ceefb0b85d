"""Services as nftables maps."""
