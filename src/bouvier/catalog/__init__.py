"""Applications to install: catalogs in Git, folders and chart repositories, and the releases made from them."""
