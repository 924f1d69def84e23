package main

import (
	"errors"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/ops"
	"readback/relay"
	"readback/relay/archive"
)

func storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "store",
		Short: "Check, back up, restore or repair the store of the ledger",
		Long: `The store (relay.store) holds the ledger: which number stands for which message. See
docs/upgrade.md and docs/what-to-do.md, "A damaged store".

  readback store backup --config FILE /var/backups/readback/2026-11-29
  readback store check --config FILE`,
	}
	cmd.AddCommand(storeCheckCommand(), storeBackupCommand(), storeRestoreCommand(), storeRepairCommand())
	return cmd
}

// storeOptions reads the configuration, and returns where the store is.
func storeOptions(cmd *cobra.Command) (archive.Options, config.Config, error) {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return archive.Options{}, cfg, err
	}
	with, err := relayOptions(cfg)
	if err != nil {
		return archive.Options{}, cfg, err
	}
	with.FeedbackKeep = cfg.Settings.FeedbackKeep
	opt := with.Archive()
	opt.Release = version()
	logging := new(ops.LogSettings)
	if err := logging.Set("warn", true); err != nil {
		return opt, cfg, err
	}
	if opt.Log, err = ops.NewLogger(cmd.ErrOrStderr(), "text", logging); err != nil {
		return opt, cfg, err
	}
	opt.Progress = progressTo(cmd)
	return opt, cfg, nil
}

// progressTo returns a function that says on standard error how far long work is.
func progressTo(cmd *cobra.Command) func(string) {
	began := time.Now()
	return func(done string) {
		say(cmd.ErrOrStderr(), "%6.1fs  %s\n", time.Since(began).Seconds(), done)
	}
}

// openRelay opens the relay. An error of a store that another process has names the setting.
func openRelay(opt relay.Options) (*relay.Relay, error) {
	r, err := relay.Open(opt)
	if errors.Is(err, relay.ErrInUse) {
		return nil, config.About("relay.store", "end the other process, or give each a directory of its own", relay.ErrInUse)
	}
	return r, err
}
