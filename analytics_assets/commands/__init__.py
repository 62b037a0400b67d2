"""What the command's subcommands do, a module each; imported only when one is called, so that help is instant."""
