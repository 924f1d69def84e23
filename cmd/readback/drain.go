package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
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
	config.RegisterFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return askGateway(cmd, "/-/drain", ops.Drain)
	}
	return cmd
}

// askGateway calls ask with a URL of the gateway whose configuration the command
// reads.
func askGateway(cmd *cobra.Command, path string, ask func(ctx context.Context, url string) error) error {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return err
	}
	url, err := opsURL(cfg, path)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
	defer cancel()
	return ask(ctx, url)
}
