package main

import (
	"context"
	"net/http"
	"time"

	"github.com/spf13/cobra"
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
		gateway, _, err := findOps(cmd) // no token is needed, and this user may not read it
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), probeTime)
		defer cancel()
		_, err = gateway.Ask(ctx, http.MethodGet, path, http.StatusOK)
		return err
	}
	return cmd
}
