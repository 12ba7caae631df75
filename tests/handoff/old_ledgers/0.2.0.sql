-- The ledger of release 0.2.0, schema 2, with one deal handed off.
CREATE TABLE budgets (
	name VARCHAR(80) NOT NULL,
	per_seconds INTEGER NOT NULL,
	starts INTEGER NOT NULL,
	used INTEGER NOT NULL,
	PRIMARY KEY (name, per_seconds, starts)
);
CREATE TABLE deals (
	ref VARCHAR(80) NOT NULL,
	instance VARCHAR(40) NOT NULL,
	deal_id VARCHAR(20) NOT NULL,
	name TEXT NOT NULL,
	account_id VARCHAR(20),
	account_name TEXT,
	url TEXT NOT NULL,
	won_at DATETIME NOT NULL,
	won_how VARCHAR(20) NOT NULL,
	episode INTEGER NOT NULL,
	source_hashes JSON,
	changed JSON,
	standing VARCHAR(20) NOT NULL,
	reason TEXT NOT NULL,
	try_at DATETIME,
	mapping_version VARCHAR(12),
	receipt_hash VARCHAR(16),
	receipt_pending TEXT,
	receipt_try_at DATETIME,
	sequence INTEGER NOT NULL,
	first_seen_at DATETIME NOT NULL,
	read_at DATETIME NOT NULL,
	run INTEGER NOT NULL,
	PRIMARY KEY (ref)
);
CREATE INDEX deals_to_do ON deals (standing, try_at);
CREATE INDEX ix_deals_deal_id ON deals (deal_id);
CREATE TABLE events (
	id INTEGER NOT NULL,
	at DATETIME NOT NULL,
	run INTEGER NOT NULL,
	actor VARCHAR(80) NOT NULL,
	what VARCHAR(40) NOT NULL,
	deal VARCHAR(80),
	step VARCHAR(100),
	detail TEXT NOT NULL,
	PRIMARY KEY (id)
);
CREATE INDEX ix_events_deal ON events (deal);
CREATE INDEX ix_events_run ON events (run);
CREATE TABLE handoffs (
	"key" VARCHAR(100) NOT NULL,
	deal VARCHAR(80) NOT NULL,
	episode INTEGER NOT NULL,
	account VARCHAR(20),
	kind VARCHAR(20),
	background JSON,
	segment VARCHAR(60),
	handed_off_at DATETIME NOT NULL,
	work_starts_at DATETIME NOT NULL,
	steps JSON NOT NULL,
	delivered_at DATETIME,
	told JSON,
	tellings INTEGER,
	mapping_version VARCHAR(12) NOT NULL,
	PRIMARY KEY ("key")
);
CREATE INDEX ix_handoffs_account ON handoffs (account);
CREATE INDEX ix_handoffs_deal ON handoffs (deal);
CREATE TABLE meta (
	name VARCHAR(40) NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (name)
);
CREATE TABLE payloads (
	owner VARCHAR(100) NOT NULL,
	what VARCHAR(20) NOT NULL,
	body JSON NOT NULL,
	at DATETIME NOT NULL,
	PRIMARY KEY (owner, what)
);
CREATE TABLE runs (
	id INTEGER NOT NULL,
	command VARCHAR(40) NOT NULL,
	started_at DATETIME NOT NULL,
	ended_at DATETIME,
	ok BOOLEAN,
	mapping_version VARCHAR(12),
	counts JSON,
	error TEXT,
	digest VARCHAR(64),
	PRIMARY KEY (id)
);
CREATE TABLE steps (
	"key" VARCHAR(100) NOT NULL,
	deal VARCHAR(80) NOT NULL,
	name VARCHAR(60) NOT NULL,
	kind VARCHAR(40) NOT NULL,
	scope VARCHAR(10) NOT NULL,
	writer_won_at DATETIME NOT NULL,
	state VARCHAR(10) NOT NULL,
	result VARCHAR(10),
	attempts INTEGER NOT NULL,
	try_at DATETIME,
	empty_looks INTEGER NOT NULL,
	reason TEXT NOT NULL,
	remote_id VARCHAR(80),
	payload_hash VARCHAR(16) NOT NULL,
	field_hashes JSON NOT NULL,
	intended JSON,
	declined JSON,
	gone BOOLEAN,
	mapping_version VARCHAR(12) NOT NULL,
	changed_at DATETIME NOT NULL,
	run INTEGER NOT NULL,
	PRIMARY KEY ("key")
);
CREATE INDEX ix_steps_deal ON steps (deal);
CREATE INDEX steps_of_record ON steps (remote_id);
CREATE TABLE windows (
	crm VARCHAR(80) NOT NULL,
	cursor DATETIME NOT NULL,
	starts DATETIME NOT NULL,
	read_at DATETIME NOT NULL,
	run INTEGER NOT NULL,
	PRIMARY KEY (crm)
);

INSERT INTO meta VALUES ('schema', '2'), ('salesforce main', '00D5g00000ORGaaEAG');
INSERT INTO deals (
	ref, instance, deal_id, name, account_id, account_name, url, won_at, won_how, episode, source_hashes, standing,
	reason, try_at, mapping_version, receipt_hash, receipt_pending, receipt_try_at, sequence, first_seen_at, read_at, run
) VALUES (
	'main:salesforce:00D5g00000ORGaaEAG:0065g00000DeaLAAAV', 'main', '0065g00000DeaLAAAV', 'Harbor lights, 40 seats',
	'0015g00000NoRdWAAV', 'Nordwind Freight', 'https://acme.my.salesforce.com/0065g00000DeaLAAAV',
	'2026-03-06 16:55:00.000000', 'history', 1, '{"Name": "0123456789abcdef"}', 'done', '',
	NULL, 'abc123', 'fedcba9876543210', NULL, NULL, 2,
	'2026-03-06 17:00:00.000000', '2026-03-06 17:00:00.000000', 1
);
INSERT INTO handoffs (
	"key", deal, episode, segment, handed_off_at, work_starts_at, steps, delivered_at, mapping_version
) VALUES (
	'hb:main:salesforce:00D5g00000ORGaaEAG:0065g00000DeaLAAAV:e1',
	'main:salesforce:00D5g00000ORGaaEAG:0065g00000DeaLAAAV', 1, 'mid_market',
	'2026-03-06 17:00:00.000000', '2026-03-06 17:00:00.000000',
	'[{"key": "hb:main:salesforce:00D5g00000ORGaaEAG:0015g00000NoRdWAAV:main.company", "name": "company", "kind": "company"}]',
	'2026-03-06 17:00:05.000000', 'abc123'
);
INSERT INTO steps (
	"key", deal, name, kind, scope, writer_won_at, state, result, attempts, try_at, empty_looks, reason, remote_id,
	payload_hash, field_hashes, mapping_version, changed_at, run
) VALUES (
	'hb:main:salesforce:00D5g00000ORGaaEAG:0015g00000NoRdWAAV:main.company',
	'main:salesforce:00D5g00000ORGaaEAG:0065g00000DeaLAAAV', 'company', 'company', 'account',
	'2026-03-06 16:55:00.000000', 'settled', 'created', 1, NULL, 0, '', '1P02MADE',
	'0123456789abcdef', '{"Name": "0123456789abcdef"}', 'abc123', '2026-03-06 17:00:04.000000', 1
);
INSERT INTO payloads VALUES ('run:1', 'report', '{"run": 1}', '2026-03-06 17:00:06.000000');
INSERT INTO runs VALUES (
	1, 'sync', '2026-03-06 17:00:00.000000', '2026-03-06 17:00:06.000000', 1, 'abc123', '{"handed_off": 1}', NULL,
	'9840a6f6749f6724bd8616935ba9821c06c065df030a977263af0d7f13ebebf4'
);
INSERT INTO windows VALUES (
	'main', '2026-03-06 16:59:00.000000', '2026-01-01 00:00:00.000000', '2026-03-06 17:00:00.000000', 1
);
INSERT INTO budgets VALUES ('gainsight main', 60, 1772816400, 7);
INSERT INTO events VALUES (
	1, '2026-03-06 17:00:04.000000', 1, 'bridge', 'company created',
	'main:salesforce:00D5g00000ORGaaEAG:0065g00000DeaLAAAV',
	'hb:main:salesforce:00D5g00000ORGaaEAG:0015g00000NoRdWAAV:main.company', ''
);
UPDATE deals SET changed = '["go_live_on"]';
UPDATE handoffs SET
	account = '0015g00000NoRdWAAV', kind = 'new_customer', background = '{"csm_email": null}',
	told = '{"business_goal": "0123456789abcdef"}', tellings = 1;
UPDATE steps SET intended = '{}', declined = '{}', gone = 0;
