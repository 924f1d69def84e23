package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/ops"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve [--config FILE]",
		Short: "Run the gateway",
		Long: `Runs the gateway until SIGTERM or SIGINT: then it takes no more ESMEs, awaits the
answers under way, unbinds both sides and exits 0. What does not stop within
listen.drain_timeout and ten seconds is ended, with exit 1. At SIGHUP it reads its
configuration again, see reload. The log goes to standard error.`,
		Args: cobra.NoArgs,
	}
	config.RegisterFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(cmd)
		warn(cmd, cfg.Warnings)
		warn(cmd, cfg.Exposed)
		if err != nil {
			return err
		}
		logging := new(ops.LogSettings)
		if err := logging.Set(cfg.Log.Level, cfg.Settings.Mask); err != nil {
			return err
		}
		log, err := ops.NewLogger(os.Stderr, cfg.Log.Format, logging)
		if err != nil {
			return err
		}
		watchdog := newWatchdog(cfg.Gateway.DrainTimeout, log)
		context.AfterFunc(cmd.Context(), watchdog.start)
		hangups := make(chan os.Signal, 1)
		signal.Notify(hangups, syscall.SIGHUP) // before anything else: the signal would end the process
		s, err := open(cfg, log)
		if err != nil {
			return sayErrors(cmd, cfg.Locate(err))
		}
		s.logging, s.hangups = logging, hangups
		logging.NameSubscribers(s.subscribers)
		s.watchdog = watchdog
		watchdog.parts.Store(&s.parts)
		s.load = func() (config.Config, error) { return config.Load("", cmd.Flags()) }
		log.Info("serving", "version", version(), "esmes", s.ESMEs(), "tls", s.Secure(),
			"mode", cfg.SMSC.Mode, "smsc", cfg.SMSC.Targets(), "reads", s.Reads(), "ops", s.Ops(), "metrics", s.Metrics())
		return s.run(cmd.Context())
	}
	return cmd
}
