package main

import (
	"os"

	"github.com/spf13/cobra"

	"readback/config"
	"readback/internal/ops"
)

func serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve --config FILE",
		Short: "Run the gateway",
		Long: `Runs the gateway until SIGTERM or SIGINT: then it takes no more ESMEs, awaits the
answers under way, unbinds both sides and exits 0. The log goes to standard error.`,
		Args: cobra.NoArgs,
	}
	config.RegisterFlags(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := loadConfig(cmd)
		if err != nil {
			return err
		}
		log, err := ops.NewLogger(os.Stderr, cfg.Log.Level, cfg.Log.Format, cfg.Log.Mask)
		if err != nil {
			return err
		}
		s, err := open(cfg, log)
		if err != nil {
			return err
		}
		log.Info("serving", "version", version(), "esmes", s.ESMEs(), "tls", s.Secure(),
			"mode", cfg.SMSC.Mode, "smsc", cfg.SMSC.Targets(), "reads", s.Reads(), "ops", s.Ops())
		return s.run(cmd.Context())
	}
	return cmd
}
