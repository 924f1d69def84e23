// Command readback is a transparent SMPP proxy that relays read receipts: it numbers messages
// and tells ESMEs when they were read.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := newCommand().ExecuteContext(ctx); err != nil {
		if !errors.Is(err, errReported) {
			say(os.Stderr, "readback: %v\n", err)
		}
		os.Exit(1)
	}
}

// errReported is the error of a command that has already printed its findings.
var errReported = errors.New("reported")

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "readback",
		Version: versionLine(),
		Short:   "Read receipts for SMS, beside the SMSC",
		Long: `Readback sits between ESMEs and the SMSC. It passes everything on octet for
octet, numbers the messages that ask for it, takes the receivers' read responses,
and tells the ESME that sent a message when it was read.

Try it:   readback demo

Use it:   readback check --config FILE && readback serve --config FILE`,
		SilenceUsage:  true,
		SilenceErrors: true,
		// What a command writes names subscribers: only the user it runs as may read it.
		PersistentPreRun: func(*cobra.Command, []string) { syscall.Umask(0o077) },
	}
	root.AddCommand(
		serveCommand(),
		demoCommand(),
		checkCommand(),
		simCommand(),
		drainCommand(),
		reloadCommand(),
		healthCommand(),
		statusCommand(),
		accountsCommand(),
		statisticsCommand(),
		sessionsCommand(),
		smscCommand(),
		whyCommand(),
		messageCommand(),
		topCommand(),
		traceCommand(),
		receiverCommand(),
		configCommand(),
		logCommand(),
		conversationsCommand(),
		readsCommand(),
		feedbackCommand(),
		deadCommand(),
		storeCommand(),
		benchCommand(),
		hashPasswordCommand(),
		versionCommand(),
		manCommand(),
	)
	groupsOnly(root)
	return root
}
