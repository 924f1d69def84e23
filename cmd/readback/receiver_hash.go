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

// showHash shows what stands for a receiver in the log.
func showHash(cmd *cobra.Command, receiver string, asJSON bool) error {
	h, err := findHash(cmd, receiver)
	if err != nil {
		return err
	}
	if asJSON {
		return sayJSON(cmd, h)
	}
	say(cmd.OutOrStdout(), "%s\n", h.Subscriber)
	return nil
}

// findHash returns what stands for a receiver in the log, by the key in its file, unless a gateway is to be asked,
// or the user may not read the file.
func findHash(cmd *cobra.Command, receiver string) (h operator.SubscriberHash, err error) {
	var noKey error
	if !cmd.Flags().Changed("ops") {
		key, err := readSubscriberKey(cmd)
		if err == nil {
			return operator.SubscriberHash{Receiver: receiver, Subscriber: key.Hash(receiver)}, nil
		}
		noKey = err
	}
	err = askGateway(cmd, func(ctx context.Context, gateway *ops.Client) error {
		text, err := gateway.Ask(ctx, http.MethodGet, "/v1/receivers/"+url.PathEscape(receiver)+"/hash", http.StatusOK)
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
