package main

import (
	"errors"

	"github.com/spf13/cobra"

	"readback/config"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check --config FILE",
		Short: "Say what is wrong with a configuration",
		Long: `Reads the configuration as serve would (file, READBACK_* variables, --set) and
says everything that is wrong with it, with file, line and a hint. Exits 0 if
nothing is.`,
		Args: cobra.NoArgs,
	}
	config.RegisterFlags(cmd.Flags())
	docs := cmd.Flags().Bool("docs", false, "print the reference of all settings in Markdown and exit")
	sample := cmd.Flags().Bool("sample", false, "print a configuration file with all defaults and exit")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case *docs:
			say(cmd.OutOrStdout(), "%s", config.Reference())
			return nil
		case *sample:
			say(cmd.OutOrStdout(), "%s", config.Sample())
			return nil
		}
		_, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		say(cmd.OutOrStdout(), "configuration is right\n")
		return nil
	}
	return cmd
}

// loadConfig reads the configuration of a command with config's flags, and prints
// its warnings and errors, a line each.
func loadConfig(cmd *cobra.Command) (config.Config, error) {
	cfg, err := config.Load("", cmd.Flags())
	for _, w := range cfg.Warnings {
		say(cmd.ErrOrStderr(), "warning: %v\n", w)
	}
	var all config.Errors
	if errors.As(err, &all) {
		for _, e := range all {
			say(cmd.ErrOrStderr(), "%v\n", e)
		}
		say(cmd.ErrOrStderr(), "%d error(s); readback check --docs lists all settings\n", len(all))
		return cfg, errReported
	}
	return cfg, err
}
