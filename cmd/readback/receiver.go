package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"readback/internal/operator"
	"readback/internal/ops"
	"readback/relay/message"
)

func receiverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "receiver NUMBER",
		Short: "Show what stands for a receiver in the log",
		Long: `With --hash it shows the hash that stands for a number in the log (subscriber=…): without a
gateway, from the key that the configuration names, or else from the gateway at --ops.`,
		Args: cobra.ExactArgs(1),
	}
	askFlags(cmd)
	hash := cmd.Flags().Bool("hash", false, "show the hash that stands for the number in the log")
	asJSON := cmd.Flags().Bool("json", false, "show JSON")
	cmd.MarkFlagsOneRequired("hash")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *hash {
			return showHash(cmd, args[0], *asJSON)
		}
		return nil
	}
	return cmd
}

// showHash shows what stands for a receiver in the log.
func showHash(cmd *cobra.Command, number string, asJSON bool) error {
	h, err := findHash(cmd, number)
	if err != nil {
		return err
	}
	if !asJSON {
		say(cmd.OutOrStdout(), "%s\n", h.Subscriber)
		return nil
	}
	line, err := json.Marshal(h)
	say(cmd.OutOrStdout(), "%s\n", line)
	return err
}

// findHash returns what stands for a receiver in the log, by the key in its file, unless a gateway is to be asked,
// or the user may not read the file.
func findHash(cmd *cobra.Command, number string) (h operator.SubscriberHash, err error) {
	receiver, err := message.ParsePhoneNumber(number)
	if err != nil {
		return h, fmt.Errorf("%s %w", number, err)
	}
	var noKey error
	if !cmd.Flags().Changed("ops") {
		key, err := readSubscriberKey(cmd)
		if err == nil {
			return operator.SubscriberHash{Receiver: receiver.String(), Subscriber: key.Hash(receiver.String())}, nil
		}
		noKey = err
	}
	err = askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
		text, err := gateway.Ask(ctx, http.MethodGet, "/v1/receivers/"+url.PathEscape(receiver.String())+"/hash", http.StatusOK)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(text, &h); err != nil {
			return fmt.Errorf("answer of the gateway: %w", err)
		}
		return nil
	})
	if err != nil {
		err = errors.Join(noKey, err)
	}
	return h, err
}

// readSubscriberKey returns the key that a gateway with the configuration uses.
func readSubscriberKey(cmd *cobra.Command) (message.SubscriberKey, error) {
	cfg, err := loadConfig(cmd)
	if err != nil {
		return nil, err
	}
	return ops.ReadSubscriberKey(subscriberKeyFile(cfg))
}
