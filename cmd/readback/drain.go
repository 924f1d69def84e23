package main

import (
	"context"
	"net/http"

	"github.com/spf13/cobra"

	"readback/internal/ops"
)

func drainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "drain --config FILE",
		Short: "Tell a running gateway to stop politely, as SIGTERM does",
		Long: `Tells the gateway, at the ops.addr of the configuration, to drain: /readyz fails,
no more ESMEs are accepted, the answers under way are awaited up to
listen.drain_timeout, both sides are unbound, and it exits 0.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
			_, err := gateway.Ask(ctx, http.MethodPost, "/-/drain", http.StatusAccepted)
			return err
		})
	}
	return cmd
}
