"""Rows of services that stock asyncua answers wrongly: each asked of our server and of a stock one."""
