// argv → command.
