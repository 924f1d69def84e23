package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/relay"
)

func checkCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [--config FILE]",
		Short: "Say what is wrong with a configuration",
		Long: `Reads the configuration as serve would (file, READBACK_* variables, --set) and
says everything that is wrong with it, with file, line and a hint; if nothing is,
what is wrong with the certificates and keys that it names. Exits 0 if nothing is.`,
		Args: cobra.NoArgs,
	}
	config.RegisterFlags(cmd.Flags())
	docs := cmd.Flags().Bool("docs", false, "print the reference of all settings in Markdown and exit")
	sample := cmd.Flags().Bool("sample", false, "print a configuration file with all defaults and exit")
	show := cmd.Flags().Bool("show", false, "print the settings that this configuration puts in force, and where each comes from")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case *docs:
			say(cmd.OutOrStdout(), "%s", config.Reference())
			return nil
		case *sample:
			say(cmd.OutOrStdout(), "%s", config.Sample())
			return nil
		}
		cfg, err := loadConfig(cmd)
		warn(cmd, cfg.Warnings)
		warn(cmd, cfg.Exposed)
		if err == nil {
			err = sayErrors(cmd, cfg.Locate(checkFiles(cfg)))
		}
		if err != nil {
			return err
		}
		if *show {
			return showFile(cmd, cfg)
		}
		say(cmd.OutOrStdout(), "configuration is right\n")
		return nil
	}
	return cmd
}

// showFile prints the settings of a configuration.
func showFile(cmd *cobra.Command, cfg config.Config) error {
	show := newSettings(cmd.OutOrStdout(), false)
	for _, s := range effective(cfg, cfg) {
		if err := showSetting(show, &s); err != nil {
			return err
		}
	}
	return show.end(nil)
}

// checkFiles reads the files that the configuration names as serve would: certificates and
// the keys of tokens.
func checkFiles(cfg config.Config) error {
	log := slog.New(slog.DiscardHandler)
	unused := relay.DefaultOptions()
	_, smsc := newDialer(cfg, log)
	_, esmes := newFront(cfg, log, nil)
	_, reads := newReadsFront(cfg, log, nil, nil)
	_, clients := openToClients(cfg, &unused, log)
	_, operators := newOpsFront(cfg, log)
	_, changing := newLive(cfg)
	return errors.Join(smsc, esmes, reads, clients, operators, changing)
}

// warn prints the warnings on a configuration, a line each.
func warn(cmd *cobra.Command, warnings []string) {
	for _, w := range warnings {
		say(cmd.ErrOrStderr(), "warning: %v\n", w)
	}
}

// loadConfig reads the configuration of a command with config's flags, and prints
// its errors, a line each.
func loadConfig(cmd *cobra.Command) (config.Config, error) {
	cfg, err := config.Load("", cmd.Flags())
	return cfg, sayErrors(cmd, err)
}

// sayErrors prints the errors of a configuration, a line each.
func sayErrors(cmd *cobra.Command, err error) error {
	all, ok := errors.AsType[config.Errors](err)
	if !ok {
		return err
	}
	for _, e := range all {
		say(cmd.ErrOrStderr(), "%v\n", e)
	}
	say(cmd.ErrOrStderr(), "%d error(s); readback check --docs lists all settings\n", all.Count())
	return errReported
}
