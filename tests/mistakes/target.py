"""Mistakes in targets/gainsight.yml."""

# ruff: noqa: E501

from tests.mistakes.table import TARGET, Edit, Mistake

MISTAKES = (
    Mistake(
        "A section of a target is misspelt",
        (Edit(TARGET, "signals:\n", "signal:\n"),),
        ("targets/gainsight.yml:83:1: signal: unknown key. Nearest: signals.",),
    ),
    Mistake(
        "There are no steps",
        (Edit(TARGET, "steps:\n  company:\n", "stepps:\n  company:\n"),),
        ("targets/gainsight.yml:5:1: stepps: unknown key. Nearest: steps.",),
    ),
    Mistake(
        "A step makes what the platform does not have",
        (Edit(TARGET, "    object: success_plan", "    object: successplan"),),
        (
            "targets/gainsight.yml:20:5: steps -> plan -> object: 'successplan' is no object of gainsight. Nearest: success_plan.",
        ),
    ),
    Mistake(
        "A step does not say what it makes",
        (Edit(TARGET, "    object: success_plan\n", ""),),
        ("targets/gainsight.yml:19:3: steps -> plan -> object: this key is missing. Add it.",),
    ),
    Mistake(
        "A step's key is misspelt",
        (Edit(TARGET, "    adopt:\n", "    adapt:\n"),),
        ("targets/gainsight.yml:39:5: steps -> onboarding -> adapt: unknown key. Nearest: adopt.",),
    ),
    Mistake(
        "A step's name has a capital letter",
        (Edit(TARGET, "  promise:\n    object", "  Promise:\n    object"),),
        ("targets/gainsight.yml:57:3: steps -> Promise: 'Promise' is no name. Write promise.",),
    ),
    Mistake(
        "A step has a condition that is none",
        (Edit(TARGET, "    when: big\n", "    when: bigg\n"),),
        ("targets/gainsight.yml:21:5: steps -> plan -> when: 'bigg' is no condition. Nearest: big.",),
    ),
    Mistake(
        "A condition in place asks about a field that nothing fills",
        (Edit(TARGET, "when: [{field: promises, present: true}]", "when: [{field: promise, present: true}]"),),
        (
            "targets/gainsight.yml:61:13: steps -> promise -> when -> 0 -> field: 'promise' is filled by no mapping. Nearest: promises.",
        ),
    ),
    Mistake(
        "A record is recognised by a field that nothing fills",
        (Edit(TARGET, "{SfdcAccountId: account.parent_id}", "{SfdcAccountId: account.root_id}"),),
        (
            "targets/gainsight.yml:9:10: steps -> company -> match -> 0 -> SfdcAccountId: 'account.root_id' is filled by no mapping. Nearest: account.parent_id.",
        ),
    ),
    Mistake(
        "A CTA is to be recognised like a company",
        (
            Edit(
                TARGET, "    adopt:\n      same: [type, reason]\n      open: true\n", "    match: [{Name: deal.name}]\n"
            ),
        ),
        (
            "targets/gainsight.yml:39:5: steps -> onboarding -> match: a cta is recognised by its key alone. Take `match` out; `adopt` links open work.",
        ),
    ),
    Mistake(
        "`match` is no list",
        (
            Edit(
                TARGET,
                "    match:\n      - {SfdcAccountId: account.parent_id}\n      - {Name: account.name}\n",
                "    match: {SfdcAccountId: account.parent_id}\n",
            ),
        ),
        (
            "targets/gainsight.yml:8:5: steps -> company -> match: a set of keys stands here; it must be a list. Write it as [a, b], or each item on a line of its own after '- '.",
        ),
    ),
    Mistake(
        "What happens when none is there is unknown",
        (Edit(TARGET, "    none: insert", "    none: create"),),
        (
            "targets/gainsight.yml:11:5: steps -> company -> none: 'create' cannot be used here. Use one of: insert, person, wait.",
        ),
    ),
    Mistake(
        "A timeline entry is to be adopted",
        (
            Edit(
                TARGET,
                "  brief:\n    object: timeline\n",
                "  brief:\n    object: timeline\n    adopt: {same: [TypeName]}\n",
            ),
        ),
        ("targets/gainsight.yml:75:5: steps -> brief -> adopt: a timeline cannot be adopted. Take it out.",),
    ),
    Mistake(
        "Work is adopted by a field that tells nothing",
        (Edit(TARGET, "same: [type, reason]", "same: [type, Name]"),),
        (
            "targets/gainsight.yml:40:20: steps -> onboarding -> adopt -> same -> 1: 'Name' is nothing to recognise it by. Use one of: priority, reason, status, type.",
        ),
    ),
    Mistake(
        "Work is adopted by a field that is not mapped",
        (
            Edit(
                TARGET,
                "  plan:\n    object: success_plan\n",
                "  plan:\n    object: success_plan\n    adopt: {same: [status]}\n",
            ),
        ),
        (
            "targets/gainsight.yml:21:20: steps -> plan -> adopt -> same -> 0: this step does not map 'status', so nothing can agree with it. Map it.",
        ),
    ),
    Mistake(
        "Closed work is to be adopted",
        (Edit(TARGET, "      open: true", "      open: false"),),
        (
            "targets/gainsight.yml:41:7: steps -> onboarding -> adopt -> open: false cannot be used here. Use one of: true.",
        ),
    ),
    Mistake(
        "A step needs one that is none",
        (Edit(TARGET, "needs: [onboarding]", "needs: [onbording]"),),
        (
            "targets/gainsight.yml:62:13: steps -> promise -> needs -> 0: there is no step 'onbording'. Nearest: onboarding.",
        ),
    ),
    Mistake(
        "A step needs itself",
        (Edit(TARGET, "needs: [onboarding]", "needs: [promise]"),),
        (
            "targets/gainsight.yml:57:3: steps -> promise: these steps wait for each other: promise -> promise. Take one need away.",
        ),
    ),
    Mistake(
        "Two steps wait for each other",
        (
            Edit(
                TARGET,
                "    write: create_only\n    fields:",
                "    write: create_only\n    needs: [promise]\n    fields:",
            ),
        ),
        (
            "targets/gainsight.yml:37:3: steps -> onboarding: these steps wait for each other: onboarding -> promise -> onboarding. Take one need away.",
        ),
    ),
    Mistake(
        "A company waits for the work of one deal",
        (Edit(TARGET, "    none: insert\n", "    none: insert\n    needs: [brief]\n"),),
        (
            "targets/gainsight.yml:12:13: steps -> company -> needs -> 0: company is shared by all deals of an account and brief belongs to one deal. Take it out.",
        ),
    ),
    Mistake(
        "A field takes the id of a step that is none",
        (Edit(TARGET, "CtaGroupId: {step: plan}", "CtaGroupId: {step: plans}"),),
        (
            "targets/gainsight.yml:45:20: steps -> onboarding -> fields -> CtaGroupId -> step: there is no step 'plans'. Nearest: plan.",
        ),
    ),
    Mistake(
        "A field takes the id of a step with many records",
        (Edit(TARGET, "CtaGroupId: {step: plan}", "CtaGroupId: {step: promise}"),),
        (
            "targets/gainsight.yml:45:20: steps -> onboarding -> fields -> CtaGroupId -> step: 'promise' makes several records, so it has no one id. Use another step.",
        ),
    ),
    Mistake(
        "A step is made for each of what is no list",
        (
            Edit(
                TARGET,
                "    each: promises\n    key: item.id\n    when",
                "    each: old_tool\n    key: item.id\n    when",
            ),
        ),
        (
            "targets/gainsight.yml:59:5: steps -> promise -> each: 'old_tool' is no list. Use one of: gaps, people, products, promises.",
        ),
    ),
    Mistake(
        "Each item's step has no key",
        (Edit(TARGET, "    each: promises\n    key: item.id\n    when", "    each: promises\n    when"),),
        (
            "targets/gainsight.yml:59:5: steps -> promise -> each: `each` needs `key`. Add it: each names a list, key what tells two items apart.",
        ),
    ),
    Mistake(
        "Each item's key is none",
        (
            Edit(
                TARGET,
                "    each: promises\n    key: item.id\n    when",
                "    each: promises\n    key: item.number\n    when",
            ),
        ),
        (
            "targets/gainsight.yml:60:5: steps -> promise -> key: an item of promises has no 'item.number'. Nearest: item.owner.",
        ),
    ),
    Mistake(
        "A company is made for each item",
        (Edit(TARGET, "    none: insert\n", "    none: insert\n    each: promises\n    key: item.id\n"),),
        (
            "targets/gainsight.yml:12:5: steps -> company -> each: company is shared by all deals of an account, so it is made once. Take `each` out.",
        ),
    ),
    Mistake(
        "A write mode is unknown",
        (Edit(TARGET, "write: if_empty", "write: if_blank"),),
        (
            "targets/gainsight.yml:15:47: steps -> company -> fields -> Csm -> write: 'if_blank' cannot be used here. Use one of: always, create_only, if_empty, if_ours.",
        ),
    ),
    Mistake(
        "A write mode is unknown, of a step",
        (Edit(TARGET, "    write: create_only\n    fields:", "    write: once\n    fields:"),),
        (
            "targets/gainsight.yml:42:5: steps -> onboarding -> write: 'once' cannot be used here. Use one of: always, create_only, if_empty, if_ours.",
        ),
    ),
    Mistake(
        "A field is unknown to the platform",
        (Edit(TARGET, "      priority:\n", "      Priority:\n"),),
        (
            "targets/gainsight.yml:51:7: steps -> onboarding -> fields -> Priority: 'Priority' is no field that can be written there. Nearest: priority. A field of your own ends in __gc.",
        ),
    ),
    Mistake(
        "A field's name is nearly right",
        (Edit(TARGET, "      RenewalDate: {", "      RenewlDate: {"),),
        (
            "targets/gainsight.yml:16:7: steps -> company -> fields -> RenewlDate: 'RenewlDate' is no field that we know. Nearest: RenewalDate.",
        ),
    ),
    Mistake(
        "A field of the bridge's own is mapped",
        (Edit(TARGET, "      Headline__gc: {", "      Bridge_Key__gc: {"),),
        (
            "targets/gainsight.yml:17:7: steps -> company -> fields -> Bridge_Key__gc: 'Bridge_Key__gc' is written by the bridge itself and cannot be mapped. Take it out.",
        ),
    ),
    Mistake(
        "The key of a timeline entry is mapped",
        (Edit(TARGET, "      ActivityDate: {from: handed_off_at, as: datetime}", "      ExternalId: {from: deal.id}"),),
        (
            "targets/gainsight.yml:82:7: steps -> brief -> fields -> ExternalId: 'ExternalId' is written by the bridge itself and cannot be mapped. Take it out.",
        ),
    ),
    Mistake(
        "A CTA has no owner",
        (
            Edit(
                TARGET,
                '      OwnerId: {from: [receiver.email, lead.email], find: active_user}\n      Name: {text: "Welcome',
                '      Name: {text: "Welcome',
            ),
        ),
        (
            "targets/gainsight.yml:43:5: steps -> onboarding -> fields: 'OwnerId' is missing, and the platform refuses a cta without it. Map it.",
        ),
    ),
    Mistake(
        "A CTA has no due date",
        (Edit(TARGET, "      DueDate: {from: deadlines.first_call.due, as: date, default: 2026-12-31}\n", ""),),
        (
            "targets/gainsight.yml:43:5: steps -> onboarding -> fields: 'DueDate' is missing, and the platform refuses a cta without it. Map it.",
        ),
    ),
    Mistake(
        "A timeline entry belongs to no company",
        (Edit(TARGET, "      GsCompanyId: {step: company}\n", ""),),
        ("targets/gainsight.yml:75:5: steps -> brief -> fields: one of GsCompanyId, companyName is needed. Map one.",),
    ),
    Mistake(
        "A success plan has no type",
        (Edit(TARGET, "      SuccessPlanType: {value: Onboarding}\n", ""),),
        (
            "targets/gainsight.yml:22:5: steps -> plan -> fields: 'SuccessPlanType' is missing, and the platform refuses a success_plan without it. Map it.",
        ),
    ),
    Mistake(
        "A field comes from one that nothing fills",
        (Edit(TARGET, "{from: headline}", "{from: head_line}"),),
        (
            "targets/gainsight.yml:17:22: steps -> company -> fields -> Headline__gc -> from: 'head_line' is filled by no mapping. Nearest: headline.",
        ),
    ),
    Mistake(
        "A field comes from a field of the CRM",
        (Edit(TARGET, "{from: headline}", "{from: Headline__c}"),),
        (
            "targets/gainsight.yml:17:22: steps -> company -> fields -> Headline__gc -> from: 'Headline__c' is filled by no mapping. Nearest: headline.",
        ),
    ),
    Mistake(
        "A deadline that is not set gives a due date",
        (Edit(TARGET, "deadlines.first_call.due", "deadlines.first_cal.due"),),
        (
            "targets/gainsight.yml:55:17: steps -> onboarding -> fields -> DueDate -> from: 'deadlines.first_cal.due' is filled by no mapping. Nearest: deadlines.first_call.due.",
        ),
    ),
    Mistake(
        "A placeholder is filled by nothing",
        (Edit(TARGET, '"Welcome {account.name}: {deal.name}"', '"Welcome {account.nmae}: {deal.name}"'),),
        (
            "targets/gainsight.yml:47:14: steps -> onboarding -> fields -> Name -> text: 'account.nmae' is filled by no mapping. Nearest: account.name.",
        ),
    ),
    Mistake(
        "An owner is an address and not looked up",
        (Edit(TARGET, "Csm: {from: receiver.email, find: user, write", "Csm: {from: receiver.email, write"),),
        (
            "targets/gainsight.yml:15:13: steps -> company -> fields -> Csm -> from: Csm takes a user, found by e-mail. Add find: active_user.",
        ),
    ),
    Mistake(
        "A text is looked up as a user",
        (Edit(TARGET, "Headline__gc: {from: headline}", "Industry: {from: account.industry, find: user}"),),
        (
            "targets/gainsight.yml:17:42: steps -> company -> fields -> Industry -> find: Industry takes no user's id. Take `find` out.",
        ),
    ),
    Mistake(
        "What is looked up is none",
        (Edit(TARGET, "find: active_email", "find: active_mail"),),
        (
            "targets/gainsight.yml:79:52: steps -> brief -> fields -> Author -> find: 'active_mail' cannot be used here. Nearest: active_email.",
        ),
    ),
    Mistake(
        "An author is a user's id and no address",
        (Edit(TARGET, "find: active_email", "find: active_user"),),
        (
            "targets/gainsight.yml:79:52: steps -> brief -> fields -> Author -> find: Author takes no user's id. Use find: active_email.",
        ),
    ),
    Mistake(
        "A company is the CRM's id",
        (Edit(TARGET, "      GsCompanyId: {step: company}\n", "      GsCompanyId: {from: account.id}\n"),),
        (
            "targets/gainsight.yml:76:21: steps -> brief -> fields -> GsCompanyId -> from: GsCompanyId takes the platform's id of a record, and this is the CRM's. Write {step: company}, or the step that it belongs to.",
        ),
    ),
    Mistake(
        "A moment goes into a day",
        (Edit(TARGET, "{from: work_starts_at, plus: 90 days, as: date}", "{from: work_starts_at, plus: 90 days}"),),
        (
            "targets/gainsight.yml:27:17: steps -> plan -> fields -> DueDate -> from: DueDate takes a day, and work_starts_at is a moment. Add as: date.",
        ),
    ),
    Mistake(
        "A moment is made where a day is taken",
        (
            Edit(
                TARGET,
                "{from: work_starts_at, plus: 90 days, as: date}",
                "{from: work_starts_at, plus: 90 days, as: datetime}",
            ),
        ),
        (
            "targets/gainsight.yml:27:54: steps -> plan -> fields -> DueDate -> as: DueDate takes a day, not what `as: datetime` makes. Use as: date.",
        ),
    ),
    Mistake(
        "A day is made of a number",
        (
            Edit(
                TARGET,
                "RenewalDate: {from: go_live_on, plus: 52 weeks, as: date}",
                "RenewalDate: {from: go_live_on, as: number}",
            ),
        ),
        (
            "targets/gainsight.yml:16:39: steps -> company -> fields -> RenewalDate -> as: RenewalDate takes a day, not what `as: number` makes. Use as: date.",
        ),
    ),
    Mistake(
        "A due date is a word",
        (Edit(TARGET, "DueDate: {from: [item.due_on, work_starts_at], as: date}", "DueDate: {value: next Friday}"),),
        (
            "targets/gainsight.yml:71:17: steps -> promise -> fields -> DueDate -> value: DueDate takes a day. Write it like 2026-12-01.",
        ),
    ),
    Mistake(
        "A default is no day",
        (Edit(TARGET, "default: 2026-12-31", "default: soon"),),
        (
            "targets/gainsight.yml:55:59: steps -> onboarding -> fields -> DueDate -> default: DueDate takes a day. Write it like 2026-12-01.",
        ),
    ),
    Mistake(
        "An amount is a word",
        (Edit(TARGET, "ARR: {from: arr, as: number, write: if_ours}", "ARR: {value: large}"),),
        (
            "targets/gainsight.yml:14:13: steps -> company -> fields -> ARR -> value: ARR takes a number. Write one, without quotes.",
        ),
    ),
    Mistake(
        "An amount is made a day",
        (Edit(TARGET, "ARR: {from: arr, as: number, write: if_ours}", "ARR: {from: arr, as: date}"),),
        (
            "targets/gainsight.yml:14:24: steps -> company -> fields -> ARR -> as: ARR takes a number, not what `as: date` makes. Use as: number.",
        ),
    ),
    Mistake(
        "A value is not among the platform's",
        (Edit(TARGET, "ContextName: {value: Company}", "ContextName: {value: Account}"),),
        (
            "targets/gainsight.yml:77:21: steps -> brief -> fields -> ContextName -> value: 'Account' is not among the platform's values. Use one of: CTA, Company, Milestone, Relationship, Scorecard, ScorecardMeasure, SuccessPlan.",
        ),
    ),
    Mistake(
        "A list of values holds one that is not among the platform's",
        (
            Edit(
                TARGET,
                "ContextName: {value: Company}",
                "ContextName: {from: segment, values: {enterprise: Relation}, default: Company}",
            ),
        ),
        (
            "targets/gainsight.yml:77:45: steps -> brief -> fields -> ContextName -> values -> enterprise: 'Relation' is not among the platform's values. Nearest: Relationship.",
        ),
    ),
    Mistake(
        "A longest length is beyond the platform's",
        (
            Edit(
                TARGET, "max: 120, shorten: account.name}\n      Notes", "max: 400, shorten: account.name}\n      Notes"
            ),
        ),
        (
            "targets/gainsight.yml:80:46: steps -> brief -> fields -> Subject -> max: 400 characters do not fit; the platform takes 255. Write at most that.",
        ),
    ),
    Mistake(
        "A fixed text is longer than the platform takes",
        (
            Edit(
                TARGET,
                'Name: {text: "Promised: {item.text}", max: 80, shorten: item.text}',
                "Name: {value: A promise that Sales made to this customer and that somebody in Customer Success has to keep}",
            ),
        ),
        (
            "targets/gainsight.yml:66:14: steps -> promise -> fields -> Name -> value: this text has 92 characters; the platform takes 80. Shorten it.",
        ),
    ),
    Mistake(
        "A yes or no is a word",
        (
            Edit(
                TARGET,
                "      reason: {value: Promise}\n",
                "      reason: {value: Promise}\n      IsImportant: {value: sometimes}\n",
            ),
        ),
        (
            "targets/gainsight.yml:69:21: steps -> promise -> fields -> IsImportant -> value: IsImportant takes yes or no. Write true or false, without quotes.",
        ),
    ),
    Mistake(
        "A list is one text",
        (Edit(TARGET, "Templates: {value: [Enterprise Start]}", "Templates: {value: Enterprise Start}"),),
        (
            "targets/gainsight.yml:28:19: steps -> plan -> fields -> Templates -> value: Templates takes a list. Write it as [a, b].",
        ),
    ),
    Mistake(
        "A template is not there",
        (Edit(TARGET, "template: welcome.html.j2", "template: welcom.html.j2"),),
        (
            "targets/gainsight.yml:56:18: steps -> onboarding -> fields -> Comments -> template: there is no template 'welcom.html.j2'. Nearest: welcome.html.j2.",
        ),
    ),
    Mistake(
        "A template has no name",
        (Edit(TARGET, "template: welcome.html.j2", 'template: ""'),),
        (
            "targets/gainsight.yml:56:18: steps -> onboarding -> fields -> Comments -> template: an empty text names nothing. Write what is meant, or take the key out.",
        ),
    ),
    Mistake(
        "A length is given to an id",
        (Edit(TARGET, "CtaGroupId: {step: plan}", "CtaGroupId: {step: plan, max: 80}"),),
        (
            "targets/gainsight.yml:45:32: steps -> onboarding -> fields -> CtaGroupId -> max: `max`: only a text has a length. Take it out.",
        ),
    ),
    Mistake(
        "A transform is given to a text",
        (Edit(TARGET, '"Promised: {item.text}", max', '"Promised: {item.text}", as: plain, max'),),
        (
            "targets/gainsight.yml:66:45: steps -> promise -> fields -> Name -> as: `as` works on what comes by from, not on text. Take it out.",
        ),
    ),
    Mistake(
        "A condition in a field is none",
        (Edit(TARGET, "when: replaces}", "when: replacd}"),),
        (
            "targets/gainsight.yml:72:47: steps -> promise -> fields -> Comments -> when: 'replacd' is no condition. Nearest: replaces.",
        ),
    ),
    Mistake(
        "Records are made that the object does not have",
        (Edit(TARGET, "      Objectives:\n", "      Tasks:\n"),),
        (
            "targets/gainsight.yml:30:7: steps -> plan -> children -> Tasks: 'Tasks' are no records that can be made with it. Use one of: Objectives.",
        ),
    ),
    Mistake(
        "Records are made for each of what is no list",
        (Edit(TARGET, "        each: promises\n", "        each: sponsor\n"),),
        (
            "targets/gainsight.yml:31:9: steps -> plan -> children -> Objectives -> each: 'sponsor' is no list. Use one of: gaps, people, products, promises.",
        ),
    ),
    Mistake(
        "A child's key is none",
        (Edit(TARGET, "        key: item.id\n", "        key: item.number\n"),),
        (
            "targets/gainsight.yml:32:9: steps -> plan -> children -> Objectives -> key: an item of promises has no 'item.number'. Nearest: item.owner.",
        ),
    ),
    Mistake(
        "A child's field is unknown",
        (Edit(TARGET, '          Name: {text: "{item.text}"', '          Title: {text: "{item.text}"'),),
        (
            "targets/gainsight.yml:33:9: steps -> plan -> children -> Objectives -> fields: 'Name' is missing, and the platform refuses a record of Objectives without it. Map it.",
        ),
    ),
    Mistake(
        "A child takes the id of a step",
        (
            Edit(
                TARGET,
                "          OwnerId: {from: [item.owner.email, receiver.email], find: active_user}",
                "          OwnerId: {step: company}",
            ),
        ),
        (
            "targets/gainsight.yml:36:21: steps -> plan -> children -> Objectives -> fields -> OwnerId -> step: `step` cannot be used in a child. Take it out.",
        ),
    ),
    Mistake(
        "A child has a write mode",
        (
            Edit(
                TARGET,
                "          DueDate: {from: [item.due_on, go_live_on], as: date}",
                "          DueDate: {from: [item.due_on, go_live_on], as: date, write: always}",
            ),
        ),
        (
            "targets/gainsight.yml:35:64: steps -> plan -> children -> Objectives -> fields -> DueDate -> write: `write` cannot be used in a child. Take it out.",
        ),
    ),
    Mistake(
        "A child reads what an item does not have",
        (Edit(TARGET, "from: [item.due_on, go_live_on]", "from: [item.due, go_live_on]"),),
        (
            "targets/gainsight.yml:35:28: steps -> plan -> children -> Objectives -> fields -> DueDate -> from -> 0: 'item.due' is filled by no mapping. Nearest: item.due_on.",
        ),
    ),
    Mistake(
        "An item is read outside of `each`",
        (Edit(TARGET, "{from: headline}", "{from: item.text}"),),
        (
            "targets/gainsight.yml:17:22: steps -> company -> fields -> Headline__gc -> from: 'item.text' is of an item, and this is made once. Add `each` to the step, or use another field.",
        ),
    ),
    Mistake(
        "A signal reads a step that is none",
        (Edit(TARGET, "{step: onboarding, field: status, is", "{step: onboard, field: status, is"),),
        ("targets/gainsight.yml:90:14: signals -> taken_at -> step: there is no step 'onboard'. Nearest: onboarding.",),
    ),
    Mistake(
        "A signal reads a field that is none",
        (Edit(TARGET, "{step: onboarding, field: status, is", "{step: onboarding, field: state, is"),),
        ("targets/gainsight.yml:90:32: signals -> taken_at -> field: 'state' is no field of it. Nearest: status.",),
    ),
    Mistake(
        "A signal does not say when it is true",
        (
            Edit(
                TARGET,
                "taken_at: {step: onboarding, field: status, is: [Work In Progress, Closed Success]}",
                "taken_at: {step: onboarding, field: status}",
            ),
        ),
        (
            "targets/gainsight.yml:90:32: signals -> taken_at -> field: a signal of a step needs `field` and `is`. Add what the record says.",
        ),
    ),
    Mistake(
        "A signal reads both a step and an object",
        (Edit(TARGET, "taken_at: {step: onboarding,", "taken_at: {object: cta, step: onboarding,"),),
        (
            "targets/gainsight.yml:90:3: signals -> taken_at: a signal needs exactly one of step, object. Write whose record is read.",
        ),
    ),
    Mistake(
        "A signal reads what the platform does not have",
        (Edit(TARGET, "  called_at:\n    object: timeline", "  called_at:\n    object: activity"),),
        (
            "targets/gainsight.yml:85:5: signals -> called_at -> object: 'activity' is no object of gainsight. Use one of: company, cta, success_plan, timeline.",
        ),
    ),
    Mistake(
        "A signal filters by a field that is none",
        (Edit(TARGET, "    TypeName: [Call", "    TypName: [Call"),),
        (
            "targets/gainsight.yml:86:5: signals -> called_at -> TypName: 'TypName' is no field of it. Nearest: TypeName.",
        ),
    ),
    Mistake(
        "A signal counts from no moment",
        (Edit(TARGET, "    after: won_at", "    after: won"),),
        ("targets/gainsight.yml:87:5: signals -> called_at -> after: 'won' is no moment. Nearest: won_at.",),
    ),
    Mistake(
        "A signal is within no span",
        (Edit(TARGET, "    within: 4 weeks", "    within: a month"),),
        (
            "targets/gainsight.yml:88:5: signals -> called_at -> within: 'a month' is no span of time. Write it like '1 working day', '10 days' or '4 hours'.",
        ),
    ),
    Mistake(
        "A signal is not by somebody we cannot tell",
        (Edit(TARGET, "    not_by: bridge", "    not_by: robot"),),
        (
            "targets/gainsight.yml:89:5: signals -> called_at -> not_by: 'robot' is nobody we can tell apart. Write bridge.",
        ),
    ),
    Mistake(
        "An empty source is to clear a field",
        (Edit(TARGET, "on_empty: leave", "on_empty: clear"),),
        ("targets/gainsight.yml:3:3: defaults -> on_empty: 'clear' cannot be used here. Use one of: leave.",),
    ),
    Mistake(
        "An unlisted value is to stop a deal",
        (Edit(TARGET, "unlisted: leave_out_and_tell", "unlisted: stop"),),
        (
            "targets/gainsight.yml:4:3: defaults -> unlisted: 'stop' cannot be used here. Use one of: leave_out_and_tell.",
        ),
    ),
    Mistake(
        "A step's fields stand as a list",
        (
            Edit(
                TARGET,
                "    fields:\n      GsCompanyId: {step: company}\n      ContextName",
                "    fields:\n      - GsCompanyId: {step: company}\n      - ContextName",
            ),
        ),
        (
            "targets/gainsight.yml:78:7: a key stands among the items of a list. Begin it with '- ', or make all of it keys.",
        ),
    ),
    Mistake(
        "A field is given a bare text",
        (Edit(TARGET, "TypeName: {value: Update}", "TypeName: Update"),),
        (
            "targets/gainsight.yml:78:7: steps -> brief -> fields -> TypeName: a field is written with keys. Write {from: ...}, or {value: ...} for a fixed one.",
        ),
    ),
    Mistake(
        "A length is a word",
        (Edit(TARGET, "max: 200,", "max: long,"),),
        (
            "targets/gainsight.yml:13:34: steps -> company -> fields -> Name -> max: 'long' stands here; it must be a whole number. Write it like 40.",
        ),
    ),
    Mistake(
        "A step's object is written with a capital letter",
        (Edit(TARGET, "  company:\n    object: company\n", "  company:\n    object: Company\n"),),
        (
            "targets/gainsight.yml:7:5: steps -> company -> object: 'Company' is no object of gainsight. Nearest: company.",
        ),
    ),
    Mistake(
        "A text is written where its keys should stand",
        (
            Edit(
                TARGET,
                '      Name: {text: "{account.name}: first year", max: 80, shorten: account.name}',
                '      Name: "{account.name}: first year"',
            ),
        ),
        (
            "targets/gainsight.yml:25:7: steps -> plan -> fields -> Name: a field is written with keys. Write {from: ...}, or {value: ...} for a fixed one.",
        ),
    ),
    Mistake(
        "A placeholder has two braces, as in a template",
        (
            Edit(
                TARGET,
                '      Name: {text: "{account.name}: first year", max: 80, shorten: account.name}',
                '      Name: {text: "{{account.name}}: first year", max: 80}',
            ),
        ),
        (
            "targets/gainsight.yml:25:14: steps -> plan -> fields -> Name -> text: `text`: a brace that holds no field. Write {account.name}, without spaces.",
        ),
    ),
    Mistake(
        "A span to add has no unit",
        (
            Edit(
                TARGET, "{from: work_starts_at, plus: 90 days, as: date}", "{from: work_starts_at, plus: 90, as: date}"
            ),
        ),
        (
            "targets/gainsight.yml:27:39: steps -> plan -> fields -> DueDate -> plus: '90' is no span to add. Write it like '90 days', '2 weeks' or '4 hours'.",
        ),
    ),
    Mistake(
        "A span is added with a plus sign",
        (
            Edit(
                TARGET, "{from: work_starts_at, plus: 90 days, as: date}", "{from: work_starts_at + 90 days, as: date}"
            ),
        ),
        (
            "targets/gainsight.yml:27:17: steps -> plan -> fields -> DueDate -> from: 'work_starts_at + 90 days' is filled by no mapping. Nearest: work_starts_at.",
        ),
    ),
    Mistake(
        "A due date is a text",
        (Edit(TARGET, "{from: work_starts_at, plus: 90 days, as: date}", '{text: "{work_starts_at}"}'),),
        (
            "targets/gainsight.yml:27:7: steps -> plan -> fields -> DueDate: DueDate takes a day, not a text. Use from, or value.",
        ),
    ),
    Mistake(
        "An owner is a fixed address",
        (
            Edit(
                TARGET,
                '      OwnerId: {from: [receiver.email, lead.email], find: active_user}\n      Name: {text: "{acc',
                '      OwnerId: {value: ida.holm@fjord.example}\n      Name: {text: "{acc',
            ),
        ),
        (
            "targets/gainsight.yml:24:7: steps -> plan -> fields -> OwnerId: OwnerId takes a user's id, not an address. Write {from: receiver.email, find: active_user}.",
        ),
    ),
    Mistake(
        "A step is named with its platform",
        (Edit(TARGET, "{step: plan}", "{step: gainsight.plan}"),),
        (
            "targets/gainsight.yml:45:20: steps -> onboarding -> fields -> CtaGroupId -> step: there is no step 'gainsight.plan'. Nearest: plan.",
        ),
    ),
    Mistake(
        "A template is named with its folder",
        (Edit(TARGET, "template: welcome.html.j2", "template: templates/welcome.html.j2"),),
        (
            "targets/gainsight.yml:56:18: steps -> onboarding -> fields -> Comments -> template: there is no template 'templates/welcome.html.j2'. Nearest: welcome.html.j2.",
        ),
    ),
    Mistake(
        "A signal's key is misspelt",
        (Edit(TARGET, "    after: won_at\n", "    aftr: won_at\n"),),
        ("targets/gainsight.yml:87:5: signals -> called_at -> aftr: 'aftr' is no field of it. Nearest: after.",),
    ),
    Mistake(
        "A signal's value is a number",
        (Edit(TARGET, "is: [Work In Progress, Closed Success]", "is: 5"),),
        (
            'targets/gainsight.yml:90:47: signals -> taken_at -> is: 5 stands here; it must be a text or a list of texts. Quote it: "5".',
        ),
    ),
    Mistake(
        "A table names a segment that is none",
        (Edit(TARGET, "enterprise: High", "enterprize: High"),),
        (
            "targets/gainsight.yml:53:18: steps -> onboarding -> fields -> priority -> values -> enterprize: no segment is called 'enterprize'. Nearest: enterprise.",
        ),
    ),
    Mistake(
        "A required field is written under a condition",
        (
            Edit(
                TARGET,
                "type: {value: Lifecycle}\n      reason: {value: Onboarding}",
                "type: {value: Lifecycle, when: big}\n      reason: {value: Onboarding}",
            ),
        ),
        (
            "targets/gainsight.yml:48:32: steps -> onboarding -> fields -> type -> when: the platform refuses a cta without type. Take `when` out.",
        ),
    ),
    Mistake(
        "A work item's group is a company",
        (Edit(TARGET, "CtaGroupId: {step: plan}", "CtaGroupId: {step: company}"),),
        (
            "targets/gainsight.yml:45:20: steps -> onboarding -> fields -> CtaGroupId -> step: CtaGroupId takes the id of a success_plan, and company makes a company. Use another step.",
        ),
    ),
    Mistake(
        "A day is filled with a number",
        (Edit(TARGET, "RenewalDate: {from: go_live_on,", "RenewalDate: {from: arr,"),),
        (
            "targets/gainsight.yml:16:21: steps -> company -> fields -> RenewalDate -> from: arr is a number, which this field never takes. Use another field.",
        ),
    ),
)
