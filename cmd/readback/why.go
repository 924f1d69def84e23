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

func whyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "why",
		Short: "Show the last messages that have no number, and why",
		Long: `Shows the last messages that the gateway at --ops, or the ops.addr of the configuration, has
passed without a number, or that the SMSC refused, the newest first, and why. It keeps 50
of either kind of each account in memory; of those that did not ask for a number, and of
those that were refused, ten a second at most.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	account := cmd.Flags().String("account", "", "those of this `SYSTEM_ID`")
	full := cmd.Flags().Bool("full", false, "show subscribers' numbers whole")
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			text, err := gateway.Ask(ctx, http.MethodGet, "/v1/unnumbered?"+whyQuery(*account, *full).Encode(), http.StatusOK)
			if err != nil {
				return err
			}
			var page operator.Unnumbered
			if err := json.Unmarshal(text, &page); err != nil {
				return fmt.Errorf("answer of the gateway: %w", err)
			}
			return showUnnumbered(cmd, page.Messages, *asJSON)
		})
	}
	return cmd
}

func whyQuery(account string, full bool) url.Values {
	v := url.Values{"limit": {"1000"}}
	if account != "" {
		v.Set("account", account)
	}
	if full {
		v.Set("full", "true")
	}
	return v
}

func showUnnumbered(cmd *cobra.Command, all []operator.UnnumberedMessage, asJSON bool) error {
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	if !asJSON {
		row(out, "TIME", "ACCOUNT", "SESSION", "COMMAND", "SEQUENCE", "SENDER", "RECEIVER", "SKIP", "MESSAGE_ID", "WHY")
	}
	var failed error
	for _, m := range all {
		if asJSON {
			line, err := json.Marshal(m)
			failed = errors.Join(failed, err)
			say(cmd.OutOrStdout(), "%s\n", line)
			continue
		}
		row(out, m.Time.Format(time.RFC3339), m.Account, m.Session, m.Command, m.Sequence, m.Sender, m.Receiver, m.Skip, m.MessageID, m.Reason)
	}
	return errors.Join(failed, out.Flush())
}
