package main

import (
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/relay/archive"
)

func storeRestoreCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore --config FILE DIR",
		Short: "Put a backup in the place of the store",
		Long: `Puts the backup in DIR in the place of the store. The gateway must be stopped. The store
that was there is kept beside the new one, in before-restore-TIME. No number that was
assigned after the backup is assigned again: what the earlier store knows is taken over,
and if not all of it can be read, half of a cycle is skipped in each conversation.
Restore a backup once, and make another one then.

  readback store restore --config /etc/readback/readback.yaml /var/backups/readback/monday`,
		Args: cobra.ExactArgs(1),
	}
	config.RegisterFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir, err := filepath.Abs(args[0])
		if err != nil {
			return err
		}
		opt, _, err := storeOptions(cmd)
		if err != nil {
			return err
		}
		done, err := archive.Restore(cmd.Context(), &opt, dir)
		if err != nil {
			return err
		}
		tellRestored(cmd, &opt, done)
		return nil
	}
	return cmd
}

// tellRestored says what a restore did.
func tellRestored(cmd *cobra.Command, opt *archive.Options, done *archive.Restored) {
	out := cmd.OutOrStdout()
	say(out, "The backup of %s is restored in %s: %s.\n", done.Backup.Made.Format(time.RFC3339), opt.Store, contents(done.Backup))
	if done.Earlier != "" {
		say(out, "The store that was there is in %s: remove it when you do not need it any more.\n", done.Earlier)
	}
	for _, reason := range done.Reasons {
		say(out, "earlier store: %s\n", reason)
	}
	if done.Known {
		say(out, "All that the earlier store knew of numbers was taken over, so none is skipped.\n")
		return
	}
	say(out, "%d numbers are skipped in each conversation. Reads of numbers that may have been assigned after the backup get 404.\n", done.Skipped)
	if done.Others > 0 {
		say(out, "In %d conversations the earlier store had begun anew: reads of all their messages so far get 404.\n", done.Others)
	}
	say(out, "Make another backup now: this one must not be restored again.\n")
}
