package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/ops"
	"readback/relay/feedback"
)

func feedbackCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "feedback",
		Short: "Show what feedback waits, by account",
		Args:  noOther,
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "a line of JSON for each account, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			text, err := gateway.Ask(ctx, http.MethodGet, "/v1/feedback", http.StatusOK)
			if err != nil {
				return err
			}
			var all struct{ Queues []feedback.Queue }
			if err := json.Unmarshal(text, &all); err != nil {
				return fmt.Errorf("answer of the gateway: %w", err)
			}
			return showQueues(cmd, all.Queues, *asJSON)
		})
	}
	cmd.AddCommand(heldCommand())
	return cmd
}

func showQueues(cmd *cobra.Command, all []feedback.Queue, asJSON bool) error {
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	if !asJSON {
		row(out, "ACCOUNT", "WAITING", "OLDEST", "AGE", "SESSIONS")
	}
	for _, q := range all {
		if asJSON {
			if err := sayJSON(cmd, q); err != nil {
				return err
			}
			continue
		}
		age := time.Duration(q.Age * float64(time.Second)).Round(time.Second)
		row(out, q.Account, q.Waiting, q.Oldest.Format(time.RFC3339), age, q.Sessions)
	}
	return out.Flush()
}
