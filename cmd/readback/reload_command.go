package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/operator"
	"readback/internal/ops"
)

func reloadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Tell a running gateway to read its configuration again, as SIGHUP does",
		Long: `Tells the gateway, at --ops or the ops.addr of the configuration, to read its file
and environment again, and shows what has changed. feedback, accounts, reads.auth with its
keys, which messages are tracked, log.level, log.mask and certificates change at once, and
no session is lost; what else has changed is shown and needs a restart. On any error
everything stays as it was, and it exits 1.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "JSON, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			text, err := gateway.Ask(ctx, http.MethodPost, "/v1/reload", http.StatusOK)
			if refused, ok := errors.AsType[*ops.Refusal](err); ok && *asJSON {
				say(cmd.OutOrStdout(), "%s", refused.Body)
			}
			if err != nil {
				return reloadErrors(cmd, err)
			}
			var done operator.Reload
			if err := json.Unmarshal(text, &done); err != nil {
				return fmt.Errorf("answer of the gateway: %w", err)
			}
			if *asJSON {
				say(cmd.OutOrStdout(), "%s", text)
				return nil
			}
			for _, w := range done.Warnings {
				say(cmd.ErrOrStderr(), "warning: %s\n", w)
			}
			return showReload(cmd.OutOrStdout(), &done)
		})
	}
	return cmd
}

// reloadErrors prints what is wrong with the configuration of a gateway, a line each.
func reloadErrors(cmd *cobra.Command, err error) error {
	var p struct{ Errors []operator.ConfigError }
	refused, ok := errors.AsType[*ops.Refusal](err)
	if !ok || json.Unmarshal(refused.Body, &p) != nil || len(p.Errors) == 0 {
		return err
	}
	for _, e := range p.Errors {
		one := &config.Error{File: e.File, Line: e.Line, Key: e.Key, Value: e.Value, Problem: e.Message, Hint: e.Hint}
		say(cmd.ErrOrStderr(), "%v\n", one)
	}
	say(cmd.ErrOrStderr(), "%d error(s); the configuration before stays in force\n", len(p.Errors))
	return errReported
}

// showReload prints what a reload changed.
func showReload(w io.Writer, done *operator.Reload) error {
	if len(done.Changed)+len(done.Files) == 0 {
		say(w, "nothing has changed\n")
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(done.Changed) > 0 {
		row(out, "KEY", "FROM", "TO", "SOURCE", "STATE")
	}
	for _, c := range done.Changed {
		state := "in force"
		if !c.Applied {
			state = "needs a restart"
		}
		row(out, c.Key, orEmpty(c.From), orEmpty(c.To), c.Source, state)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, f := range done.Files {
		state := "read again"
		if !f.Applied {
			state = "changed, needs a restart"
		}
		say(w, "%s: %s (%s)\n", state, printable(f.Path, ""), f.Key)
	}
	for _, key := range done.Restart {
		say(w, "waits for a restart: %s\n", printable(key, ""))
	}
	return nil
}
