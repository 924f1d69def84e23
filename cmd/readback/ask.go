package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/spf13/cobra"

	"readback/config"
)

// askTime is how long a running gateway may take to answer a command.
const askTime = 30 * time.Second

// askFlags adds the flags with the address of a running gateway.
func askFlags(cmd *cobra.Command) {
	config.RegisterFlags(cmd.Flags())
	cmd.Flags().String("ops", "", "the gateway's ops.addr, `HOST:PORT`, in place of that in the configuration")
}

// askGateway calls ask with the URL of a running gateway's operator interface.
func askGateway(cmd *cobra.Command, path string, ask func(ctx context.Context, url string) error) error {
	base, err := opsBase(cmd)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), askTime)
	defer cancel()
	return ask(ctx, base+path)
}

// opsBase returns the base URL of the gateway's operator interface.
func opsBase(cmd *cobra.Command) (string, error) {
	if addr, _ := cmd.Flags().GetString("ops"); addr != "" {
		return baseURL(addr)
	}
	cfg, err := loadConfig(cmd)
	if err != nil {
		return "", err
	}
	if cfg.Ops.Addr == "" {
		return "", errors.New("ops.addr is off: there is nobody to ask")
	}
	return baseURL(cfg.Ops.Addr)
}

// baseURL returns the URL by which this machine reaches a listener at addr.
func baseURL(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
