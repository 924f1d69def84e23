package main

import (
	"crypto/x509"

	"readback/config"
	"readback/internal/deliver"
	"readback/internal/transport"
	"readback/internal/webhook"
	"readback/relay"
	"readback/relay/feedback"
	"readback/relay/message"
)

// Values of feedback.form that are no form of deliver_sm.
const (
	formWebhook = "webhook"
	formNATS    = "nats"
	formOff     = "off"
)

// sessionAny is the value of feedback.session that lets any session have the feedback.
const sessionAny = "any"

// deliverOptions are how an account gets its feedback from the gateway.
func deliverOptions(cfg config.Config, a config.Account) (t deliver.Options, err error) {
	t = deliver.Options{
		Form: deliver.FormOf(a.Feedback.Form), VendorTLVs: a.Feedback.VendorTLVs, HoldReceipt: a.Feedback.HoldReceipt > 0,
		AnySession: a.Feedback.Session == sessionAny,
		Tags:       cfg.Feedback.VendorTags,
	}
	if t.Template, err = deliver.ParseTemplate(string(a.Feedback.Template)); err != nil {
		return t, config.About("feedback.template", "a Go template such as {{.Receiver}} has read message {{.Number}}", err)
	}
	return t, nil
}

// relaySettings returns how the relay handles the accounts' feedback.
func relaySettings(cfg config.Config) relay.Settings {
	of := func(a config.Account) feedback.AccountSettings {
		s := feedback.AccountSettings{
			Listed: a.Listed, Form: a.Feedback.Form, Quiet: a.Feedback.Form == formOff, Own: a.Feedback.Form == formNATS,
			Events: a.Feedback.Events, Rate: float64(a.Feedback.Rate),
		}
		switch {
		case a.Feedback.Form == formWebhook:
			s.Tells = a.Feedback.Webhook.Concurrency
		case deliver.FormOf(a.Feedback.Form) != deliver.NoSession:
			s.AfterReceipt, s.HoldReceipt = a.Feedback.AfterReceipt, a.Feedback.HoldReceipt // the receipts take the same way
		}
		return s
	}
	general, listed := of(cfg.Account("")), make(map[string]feedback.AccountSettings, len(cfg.Accounts))
	events := general.Events
	for id := range cfg.Accounts {
		listed[id] = of(cfg.Account(id))
		events = events || listed[id].Events
	}
	settings := cfg.Settings
	settings.Events = events
	settings.Account = func(name string) feedback.AccountSettings {
		s, ok := listed[name]
		if !ok {
			s, ok = listed[message.Shown(name)] // the configuration is UTF-8
		}
		if ok {
			return s
		}
		return general
	}
	return settings
}

// webhookTargets returns the targets of feedback in form webhook.
func webhookTargets(cfg config.Config) (webhook.Targets, error) {
	roots := make(map[string]*x509.CertPool) // by file: targets that share a file share connections
	all := webhook.Targets{Accounts: make(map[string]*webhook.Target, len(cfg.Accounts))}
	var err error
	if all.Default, err = webhookTarget(cfg.Account(""), roots); err != nil {
		return all, err
	}
	for id := range cfg.Accounts {
		if all.Accounts[id], err = webhookTarget(cfg.Account(id), roots); err != nil {
			return all, config.AboutAccount(id, err)
		}
	}
	return all, nil
}

// webhookTarget returns the target of an account; nil if its form is another.
func webhookTarget(a config.Account, roots map[string]*x509.CertPool) (*webhook.Target, error) {
	w := a.Feedback.Webhook
	if a.Feedback.Form != formWebhook {
		return nil, nil
	}
	if w.CA != "" && roots[w.CA] == nil {
		pool, err := transport.ReadPool(w.CA)
		if err != nil {
			return nil, config.About("feedback.webhook.ca", "a file with certificates of authorities in PEM", err)
		}
		roots[w.CA] = pool
	}
	secret, err := webhook.ParseSecret(string(w.Secret))
	if err != nil {
		return nil, config.About("feedback.webhook.secret_file", "16 to 128 characters in one line; after whsec_ base64", err)
	}
	return &webhook.Target{
		URL: w.URL, Secret: secret, OldSignature: w.OldSignature, Timeout: w.Timeout, Roots: roots[w.CA], AllowPrivate: w.AllowPrivate,
	}, nil
}
