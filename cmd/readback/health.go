package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"readback/internal/ops"
)

// probeTime is how long a healthy gateway may take to answer.
const probeTime = 2 * time.Second

func healthCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running gateway whether it lives; for containers",
		Long: `Asks /healthz (or /readyz with --ready) of the gateway whose configuration it
reads, and exits 0 if the answer is 200.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	ready := cmd.Flags().Bool("ready", false, "ask whether it can also give numbers and take reads")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path := "/healthz"
		if *ready {
			path = "/readyz"
		}
		return askGateway(cmd, path, func(ctx context.Context, url string) error {
			ctx, cancel := context.WithTimeout(ctx, probeTime)
			defer cancel()
			return ops.Probe(ctx, url)
		})
	}
	return cmd
}
