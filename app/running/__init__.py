"""Starting, stopping and watching: the embedded servers, and all processes of `leasedesk up`."""
