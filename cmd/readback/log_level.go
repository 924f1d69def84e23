package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/ops"
)

func logCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "log", Short: "Show or change what a running gateway logs"}
	cmd.AddCommand(logLevelCommand())
	return cmd
}

func logLevelCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "level [debug|info|warn|error]",
		Short: "Show the levels of the log, or set one for a limited time",
		Long: `Without a level it shows those in force of the gateway at --ops, or the ops.addr of the
configuration. With one, lines of that level and above are logged for a limited time, 15m
unless --for says otherwise: all of them, or with --account also those about one account
that the general level hides. Then log.level of the configuration holds again, and so it does
after a restart.`,
		Args: cobra.MaximumNArgs(1),
	}
	askFlags(cmd)
	account := cmd.Flags().String("account", "", "lines about this `SYSTEM_ID` alone")
	within := cmd.Flags().Duration("for", 15*time.Minute, "how long, at most 24h")
	reset := cmd.Flags().Bool("reset", false, "end what was set, for --account or all")
	asJSON := cmd.Flags().Bool("json", false, "JSON, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *reset && len(args) > 0 {
			return errors.New("a level, or --reset")
		}
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			text, err := askLevel(ctx, gateway, args, *account, *within, *reset)
			if err != nil {
				return err
			}
			if *asJSON {
				say(cmd.OutOrStdout(), "%s", text)
				return nil
			}
			return showLevels(cmd, text)
		})
	}
	return cmd
}

// askLevel shows the levels of a gateway, sets one, or ends what was set. It returns the levels then.
func askLevel(ctx context.Context, gateway *ops.Client, args []string, account string, within time.Duration, reset bool) ([]byte, error) {
	const page = "/v1/log/level"
	switch {
	case reset:
		return gateway.Ask(ctx, http.MethodDelete, page+"?"+url.Values{"account": {account}}.Encode(), http.StatusOK)
	case len(args) > 0:
		return gateway.Put(ctx, page, map[string]string{"level": args[0], "account": account, "for": within.String()}, http.StatusOK)
	}
	return gateway.Ask(ctx, http.MethodGet, page, http.StatusOK)
}

func showLevels(cmd *cobra.Command, text []byte) error {
	var l operator.LogLevel
	if err := json.Unmarshal(text, &l); err != nil {
		return fmt.Errorf("answer of the gateway: %w", err)
	}
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	row(out, "ACCOUNT", "LEVEL", "UNTIL")
	until := "-"
	if l.Until != nil {
		until = l.Until.Format(time.RFC3339) + ", then " + l.Configured
	}
	row(out, "(all)", l.Level, until)
	for _, a := range l.Accounts {
		row(out, a.Account, a.Level, a.Until.Format(time.RFC3339))
	}
	return out.Flush()
}
