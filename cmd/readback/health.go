package main

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
)

// probeTime is how long a healthy gateway may take to answer.
const probeTime = 2 * time.Second

func healthCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running gateway whether it lives; for containers",
		Long: `Asks /healthz (or /readyz with --ready) of the gateway whose configuration it
reads, at ops.addr or else at ops.metrics_addr, and exits 0 if the answer is 200.
With --process it reads the configuration as that gateway does: what its command
line says by --config and --set counts unless it is said here, too.`,
		Args: cobra.NoArgs,
	}
	askFlags(cmd)
	ready := cmd.Flags().Bool("ready", false, "ask whether it can also give numbers and take reads")
	process := cmd.Flags().Int("process", 0, "the `PID` of the gateway, which is 1 in a container")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *process != 0 {
			if err := adoptFlags(cmd, *process); err != nil {
				return err
			}
		}
		path := "/healthz"
		if *ready {
			path = "/readyz"
		}
		// No token is needed, and this user may not read it.
		gateway, _, err := findOps(cmd, func(o config.Ops) string { return cmp.Or(o.Addr, o.MetricsAddr) })
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
