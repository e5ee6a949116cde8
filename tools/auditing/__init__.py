"""Verification of the audit logs."""
