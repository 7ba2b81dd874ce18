"""`mlplatform drill`: try now whether backups can be restored, and see which backups and drills there are."""
