package main

import (
	"errors"
	"net"

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
		path := "/healthz"
		if *ready {
			path = "/readyz"
		}
		return askGateway(cmd, path, ops.Probe)
	}
	return cmd
}

// opsURL is where a path of the operator's pages is on this machine.
func opsURL(cfg config.Config, path string) (string, error) {
	host, port, err := net.SplitHostPort(cfg.Ops.Addr)
	if err != nil {
		return "", errors.New("ops.addr is off: there is nobody to ask")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + path, nil
}
