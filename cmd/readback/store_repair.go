package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/relay/archive"
)

func storeCheckCommand() *cobra.Command {
	return inspectCommand(&cobra.Command{
		Use:   "check --config FILE",
		Short: "Read all of the store, and say what is intact and what is damaged",
		Long: `Reads every batch of the log, every message of the queues and every row of the index,
and compares them. It works on a copy in the store's directory, so that it changes
nothing; there must be room for one. The gateway must be stopped. While it runs, make
a backup: that reads all as well. Exits 0 if all is intact.

  readback store check --config /etc/readback/readback.yaml`,
	}, archive.Check, "is damaged; readback store repair repairs what can be repaired")
}

func storeRepairCommand() *cobra.Command {
	return inspectCommand(&cobra.Command{
		Use:   "repair --config FILE",
		Short: "Repair what can be repaired of the store, and say what is lost",
		Long: `Does what the gateway does by itself when it starts, and reads all of the store for it:
a damaged index is built again from the log, and completed by what can be read of it;
batches of the log that cannot be read are taken out. It names what is lost. The numbers
of lost messages are not assigned again soon, and reads of them get 404. The gateway must
be stopped. Make a copy of the directory first. Exits 0 if nothing was damaged.

  readback store repair --config /etc/readback/readback.yaml`,
	}, archive.Repair, "was found damaged and is repaired as far as it can be; run readback store check")
}

// inspectCommand completes the command of a check or a repair.
func inspectCommand(cmd *cobra.Command, inspect func(context.Context, *archive.Options) (*archive.Report, error), verdict string) *cobra.Command {
	config.RegisterFlags(cmd.Flags())
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		opt, _, err := storeOptions(cmd)
		if err != nil {
			return err
		}
		report, err := inspect(cmd.Context(), &opt)
		if locked := (*archive.LockedError)(nil); errors.As(err, &locked) {
			return fmt.Errorf("%w; while it runs, readback store backup reads all of the log and the queues", err)
		}
		if err != nil {
			return err
		}
		for _, text := range report.Intact {
			say(cmd.OutOrStdout(), "intact:  %s\n", text)
		}
		for _, text := range report.Damaged {
			say(cmd.OutOrStdout(), "damaged: %s\n", text)
		}
		if len(report.Damaged) > 0 {
			say(cmd.OutOrStdout(), "The store %s %s.\n", opt.Store, verdict)
			return errReported
		}
		say(cmd.OutOrStdout(), "The store %s is intact.\n", opt.Store)
		return nil
	}
	return cmd
}
