package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/ops"
)

// errNotReady is the end of a command about a gateway that is not well.
var errNotReady = errors.New("the gateway is not ready")

func statusCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how a running gateway is",
		Long: `Shows how the gateway at --ops, or the ops.addr of the configuration, is: its version, which
part cannot do its work and why, whether the SMSC is there, and how many ESMEs are bound.
It exits 0 if all parts can do their work.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	asJSON := cmd.Flags().Bool("json", false, "JSON, in place of the table")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			text, err := gateway.Ask(ctx, http.MethodGet, "/v1/status", http.StatusOK)
			if err != nil {
				return err
			}
			var s operator.Status
			if err := json.Unmarshal(text, &s); err != nil {
				return fmt.Errorf("answer of the gateway: %w", err)
			}
			if *asJSON {
				say(cmd.OutOrStdout(), "%s", text)
			} else if err := showStatus(cmd, &s); err != nil {
				return err
			}
			if !s.Ready {
				return errNotReady
			}
			return nil
		})
	}
	return cmd
}

func showStatus(cmd *cobra.Command, s *operator.Status) error {
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	row(out, "version", s.Version)
	row(out, "since", s.Since.Format(time.RFC3339))
	row(out, "mode", s.Mode)
	row(out, "SMSC", smscLine(s.SMSCUp, s.SMSCSince, s.SMSCError))
	row(out, "sessions", fmt.Sprintf("%d of %d accounts, %d not bound", s.Sessions-s.Unbound, s.Accounts, s.Unbound))
	for _, p := range s.Parts {
		state := "ready"
		if !p.Ready {
			state = "not ready: " + p.Reason
		}
		row(out, p.Name, state)
	}
	return out.Flush()
}
