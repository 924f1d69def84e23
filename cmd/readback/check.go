package main

import (
	"errors"
	"log/slog"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/operator"
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
	asJSON := cmd.Flags().Bool("json", false, "JSON: errors and warnings or, with --show, a line for each setting")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case *docs:
			say(cmd.OutOrStdout(), "%s", config.Reference())
			return nil
		case *sample:
			say(cmd.OutOrStdout(), "%s", config.Sample())
			return nil
		}
		cfg, err := config.Load("", cmd.Flags())
		if err == nil {
			err = cfg.Locate(checkFiles(cfg))
		}
		return showCheck(cmd, cfg, err, *show, *asJSON)
	}
	return cmd
}

// showCheck shows what is wrong with a configuration, by its error or, if nothing is and they are wanted, its settings.
func showCheck(cmd *cobra.Command, cfg config.Config, err error, settings, asJSON bool) error {
	if asJSON && (err != nil || !settings) {
		return checkJSON(cmd, cfg, err)
	}
	warn(cmd, cfg.Warnings)
	warn(cmd, cfg.Exposed)
	if err := sayErrors(cmd, err); err != nil {
		return err
	}
	if settings {
		return showFile(cmd, cfg, asJSON)
	}
	say(cmd.OutOrStdout(), "configuration is right\n")
	return nil
}

// checkJSON shows errors and warnings as JSON.
func checkJSON(cmd *cobra.Command, cfg config.Config, err error) error {
	found := struct {
		Errors   []operator.ConfigError `json:"errors"`
		Warnings []string               `json:"warnings"`
	}{[]operator.ConfigError{}, append(append([]string{}, cfg.Warnings...), cfg.Exposed...)}
	if err != nil {
		found.Errors, err = errorsJSON(err), errReported
	}
	return errors.Join(sayJSON(cmd, found), err)
}

// showFile prints the settings of a configuration.
func showFile(cmd *cobra.Command, cfg config.Config, asJSON bool) error {
	show := newSettings(cmd.OutOrStdout(), asJSON)
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
