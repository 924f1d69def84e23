package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/ops"
)

func healthCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running gateway whether it lives; for containers",
		Long: `Asks /healthz (or /readyz with --ready) of the gateway whose configuration it
reads, and exits 0 if the answer is 200.`,
		Args: cobra.NoArgs,
	}
	config.RegisterFlags(cmd.Flags())
	ready := cmd.Flags().Bool("ready", false, "ask whether it can also give numbers and take reads")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		host, port, err := net.SplitHostPort(cfg.Ops.Addr)
		if err != nil {
			return fmt.Errorf("ops.addr is off: there is nobody to ask")
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			host = "127.0.0.1"
		}
		path := "/healthz"
		if *ready {
			path = "/readyz"
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
		defer cancel()
		return ops.Probe(ctx, "http://"+net.JoinHostPort(host, port)+path)
	}
	return cmd
}
