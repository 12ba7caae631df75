"""Mistakes in sources/salesforce.yml."""

# ruff: noqa: E501

from tests.mistakes.table import SOURCE, Edit, Mistake

MISTAKES = (
    Mistake(
        "A section of a source is misspelt",
        (Edit(SOURCE, "products:\n", "prodcuts:\n"),),
        ("sources/salesforce.yml:38:1: prodcuts: unknown key. Nearest: products.",),
    ),
    Mistake(
        "A source has no fields",
        (
            Edit(
                SOURCE,
                "fields:\n  deal.name: {from: Name, max: 120}\n",
                "field:\n  deal.name: {from: Name, max: 120}\n",
            ),
        ),
        ("sources/salesforce.yml:2:1: field: unknown key. Nearest: fields.",),
    ),
    Mistake(
        "`from` is misspelt",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: {form: Old_Tool__c}"),),
        ("sources/salesforce.yml:15:14: fields -> old_tool -> form: unknown key. Nearest: from.",),
    ),
    Mistake(
        "A field has no origin",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: {as: text}"),),
        (
            "sources/salesforce.yml:15:3: fields -> old_tool: a field needs exactly one of from, value, text, template, step; none is there. Write where it comes from: {from: ...}.",
        ),
    ),
    Mistake(
        "A field is a bare name of the CRM",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: Old_Tool__c"),),
        (
            "sources/salesforce.yml:15:3: fields -> old_tool: a field is written with keys. Write {from: ...}, or {value: ...} for a fixed one.",
        ),
    ),
    Mistake(
        "A field has two origins",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: {from: Old_Tool__c, value: none}"),),
        (
            "sources/salesforce.yml:15:3: fields -> old_tool: a field needs exactly one of from, value, text, template, step; from and value are there. Keep one of them.",
        ),
    ),
    Mistake(
        "A transform is unknown, in a source",
        (Edit(SOURCE, "goal: {from: Goal__c, as: plain}", "goal: {from: Goal__c, as: plian}"),),
        ("sources/salesforce.yml:12:25: fields -> goal -> as: 'plian' is no transform. Nearest: plain.",),
    ),
    Mistake(
        "Two transforms are asked for",
        (Edit(SOURCE, "goal: {from: Goal__c, as: plain}", "goal: {from: Goal__c, as: [plain, text]}"),),
        ("sources/salesforce.yml:12:25: fields -> goal -> as: a list stands here; it must be one text. Write one.",),
    ),
    Mistake(
        "A path holds a space",
        (Edit(SOURCE, "{from: Owner.Team__c}", "{from: Owner Team}"),),
        (
            "sources/salesforce.yml:27:16: fields -> owner.team -> from: 'Owner Team' is no path of the record. Write it like Account.Name.",
        ),
    ),
    Mistake(
        "Two paths stand as one text",
        (
            Edit(
                SOURCE,
                "  account.parent_id: {from: [Account.ParentId, AccountId]}",
                "  account.parent_id:\n    from: Account.ParentId, AccountId",
            ),
        ),
        (
            "sources/salesforce.yml:24:5: fields -> account.parent_id -> from: 'Account.ParentId, AccountId' is no path of the record. Write several as a list: [Account.ParentId, AccountId].",
        ),
    ),
    Mistake(
        "A list of paths is empty",
        (Edit(SOURCE, "arr: {from: [ARR__c, Amount], as", "arr: {from: [], as"),),
        (
            "sources/salesforce.yml:11:9: fields -> arr -> from: `from`: an empty list names no field. Name at least one.",
        ),
    ),
    Mistake(
        "`values` is a list",
        (Edit(SOURCE, "values: {Economic Buyer: Sponsor, Evaluator: Champion}", "values: [Sponsor, Champion]"),),
        (
            "sources/salesforce.yml:36:7: people -> fields -> role -> values: a list stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "A default stands beside a fixed value",
        (Edit(SOURCE, "origin: {value: salesforce}", "origin: {value: salesforce, default: none}"),),
        (
            "sources/salesforce.yml:19:31: fields -> origin -> default: `default` works on what comes by from, not on value. Take it out.",
        ),
    ),
    Mistake(
        "A longest length is zero",
        (Edit(SOURCE, "max: 120", "max: 0"),),
        (
            "sources/salesforce.yml:3:27: fields -> deal.name -> max: 0 stands here; it must be more than 0. Write such a number.",
        ),
    ),
    Mistake(
        "A longest length has a unit",
        (Edit(SOURCE, "max: 120", "max: 120 characters"),),
        (
            "sources/salesforce.yml:3:27: fields -> deal.name -> max: '120 characters' stands here; it must be a whole number. Write it like 40.",
        ),
    ),
    Mistake(
        "A span to add is in working days",
        (Edit(SOURCE, "plus: 2 weeks", "plus: 10 working days"),),
        (
            "sources/salesforce.yml:17:37: fields -> pilot_ends_on -> plus: '10 working days' is no span to add. Write it like '90 days', '2 weeks' or '4 hours'.",
        ),
    ),
    Mistake(
        "A span to add is in months",
        (Edit(SOURCE, "plus: 2 weeks", "plus: 1 month"),),
        (
            "sources/salesforce.yml:17:37: fields -> pilot_ends_on -> plus: '1 month' is no span to add. Write it like '90 days', '2 weeks' or '4 hours'.",
        ),
    ),
    Mistake(
        "A placeholder holds a space",
        (Edit(SOURCE, '"{Account.Name} ({Type})"', '"{Account Name} ({Type})"'),),
        (
            "sources/salesforce.yml:18:14: fields -> headline -> text: `text`: a brace that holds no field. Write {account.name}, without spaces.",
        ),
    ),
    Mistake(
        "A placeholder is written as in a template",
        (Edit(SOURCE, '"{Account.Name} ({Type})"', '"{{ Account.Name }} ({Type})"'),),
        (
            "sources/salesforce.yml:18:14: fields -> headline -> text: `text`: a brace that holds no field. Write {account.name}, without spaces.",
        ),
    ),
    Mistake(
        "A text shortens what is not in it",
        (Edit(SOURCE, '"{Account.Name} ({Type})"}', '"{Account.Name} ({Type})", max: 90, shorten: Account}'),),
        (
            "sources/salesforce.yml:18:56: fields -> headline -> shorten: `shorten`: 'Account' is no placeholder of text. Nearest: Account.Name.",
        ),
    ),
    Mistake(
        "A step is used in a source",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: {step: company}"),),
        (
            "sources/salesforce.yml:15:14: fields -> old_tool -> step: `step` cannot be used in a source. Use it in the target; here `from`.",
        ),
    ),
    Mistake(
        "A user is looked up in a source",
        (Edit(SOURCE, "owner.email: {from: Owner.Email}", "owner.email: {from: Owner.Email, find: user}"),),
        (
            "sources/salesforce.yml:26:36: fields -> owner.email -> find: `find` cannot be used in a source. Use it in the target; here `from`.",
        ),
    ),
    Mistake(
        "A template is used in a source",
        (Edit(SOURCE, "origin: {value: salesforce}", "origin: {template: welcome.html.j2}"),),
        (
            "sources/salesforce.yml:19:12: fields -> origin -> template: `template` cannot be used in a source. Use it in the target; here `from`.",
        ),
    ),
    Mistake(
        "A write mode stands in a source",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: {from: Old_Tool__c, write: always}"),),
        (
            "sources/salesforce.yml:15:33: fields -> old_tool -> write: `write` cannot be used in a source. Use it in the target; here `from`.",
        ),
    ),
    Mistake(
        "A condition stands in a source",
        (Edit(SOURCE, "old_tool: {from: Old_Tool__c}", "old_tool: {from: Old_Tool__c, when: big}"),),
        (
            "sources/salesforce.yml:15:33: fields -> old_tool -> when: `when` cannot be used in a source. Use it in the target; here `from`.",
        ),
    ),
    Mistake(
        "A field's name has capital letters",
        (Edit(SOURCE, "  origin: {value", "  Origin: {value"),),
        (
            "sources/salesforce.yml:19:3: fields -> Origin: 'Origin' is no field's name. Use small letters, digits and _, with one dot at most.",
        ),
    ),
    Mistake(
        "A field is mapped that the contract decides",
        (Edit(SOURCE, "  origin: {value", "  segment: {value"),),
        (
            "sources/salesforce.yml:19:3: fields -> segment: 'segment' is filled by the bridge itself. Give yours another name.",
        ),
    ),
    Mistake(
        "A deadline is mapped",
        (Edit(SOURCE, "  origin: {value", "  deadlines.first_call: {value"),),
        (
            "sources/salesforce.yml:19:3: fields -> deadlines.first_call: 'deadlines.first_call' is filled by the bridge itself. Give yours another name.",
        ),
    ),
    Mistake(
        "Products are mapped as a field",
        (Edit(SOURCE, "  origin: {value: salesforce}", "  products: {from: OpportunityLineItems}"),),
        (
            "sources/salesforce.yml:19:3: fields -> products: 'products' is a section of its own. Move it to `products:` beside `fields:`.",
        ),
    ),
    Mistake(
        "A list of rows has no name of the CRM",
        (Edit(SOURCE, "  each: OpportunityContactRoles\n", ""),),
        ("sources/salesforce.yml:28:1: people -> each: this key is missing. Add it.",),
    ),
    Mistake(
        "A list of rows is named with a space",
        (Edit(SOURCE, "each: OpportunityLineItems", "each: Opportunity Line Items"),),
        (
            "sources/salesforce.yml:39:3: products -> each: 'Opportunity Line Items' is no list of the record. Write its API name.",
        ),
    ),
    Mistake(
        "People are mapped without a name",
        (Edit(SOURCE, "    name: {from: Contact.Name}\n", ""),),
        (
            "sources/salesforce.yml:30:3: people -> fields: the rows of people need a `name`: it is what people see. Map it.",
        ),
    ),
    Mistake(
        "Rows are mapped without `fields`",
        (Edit(SOURCE, "    name: {from: Product2.Name}\n    quantity: {from: Quantity, as: number}\n", ""),),
        (
            "sources/salesforce.yml:40:3: products -> fields: nothing stands behind this key. Write its value, or take the key out.",
        ),
    ),
    Mistake(
        "It is written back to where we cannot",
        (Edit(SOURCE, "  to: opportunity\n", "  to: account\n"),),
        (
            "sources/salesforce.yml:44:3: write_back -> to: 'account' cannot be used here. Use one of: deal, handoff_object, nothing, opportunity.",
        ),
    ),
    Mistake(
        "What is written back is none",
        (Edit(SOURCE, "{from: status}", "{from: stauts}"),),
        (
            "sources/salesforce.yml:46:25: write_back -> fields -> Handoff_Status__c -> from: 'stauts' cannot be written back. Nearest: status.",
        ),
    ),
    Mistake(
        "A field of the handoff is written back",
        (Edit(SOURCE, "{from: status}", "{from: goal}"),),
        (
            "sources/salesforce.yml:46:25: write_back -> fields -> Handoff_Status__c -> from: 'goal' cannot be written back. Use one of: completeness, delivered_at, gaps, link, next_step, owner, reason, receipt, sequence, status.",
        ),
    ),
    Mistake(
        "A field is written back by its label",
        (Edit(SOURCE, "Handoff_Status__c: {", "Handoff Status: {"),),
        (
            "sources/salesforce.yml:46:5: write_back -> fields -> Handoff Status: 'Handoff Status' is no field of the deal. Write its API name, like Handoff_Status__c.",
        ),
    ),
    Mistake(
        "A user is looked up in a write-back",
        (Edit(SOURCE, "{from: status}", "{from: owner, find: user}"),),
        (
            "sources/salesforce.yml:46:38: write_back -> fields -> Handoff_Status__c -> find: `find` cannot be used in a write-back. Take it out.",
        ),
    ),
    Mistake(
        "Nothing is written back, and it is not said",
        (
            Edit(
                SOURCE,
                "  fields:\n    Handoff_Status__c: {from: status}\n    Handoff_Completeness__c: {from: completeness, as: percent}\n    Handoff_Missing__c: {from: gaps, as: lines, max: 255}\n",
                "  fields: {}\n",
            ),
        ),
        (
            "sources/salesforce.yml:45:3: write_back -> fields: nothing would be written back. Add fields, or say to: nothing.",
        ),
    ),
    Mistake(
        "A transform is written with a capital letter",
        (Edit(SOURCE, "goal: {from: Goal__c, as: plain}", "goal: {from: Goal__c, as: Plain}"),),
        ("sources/salesforce.yml:12:25: fields -> goal -> as: 'Plain' is no transform. Nearest: plain.",),
    ),
    Mistake(
        "A comma between two keys is missing",
        (Edit(SOURCE, "goal: {from: Goal__c, as: plain}", "goal: {from: Goal__c as: plain}"),),
        (
            'sources/salesforce.yml:12:26: a comma is missing here, or a text that holds a colon or a brace is not quoted. Put a comma between two keys; quote such a text: "...".',
        ),
    ),
    Mistake(
        "A path stands in braces",
        (Edit(SOURCE, "goal: {from: Goal__c, as: plain}", "goal: {from: {Goal__c}}"),),
        (
            'sources/salesforce.yml:12:10: fields -> goal -> from: an unquoted brace makes this keys and values. Quote it: "{Goal__c}", or take the braces away.',
        ),
    ),
    Mistake(
        "A list's name of the CRM stands under `from`",
        (Edit(SOURCE, "  each: OpportunityContactRoles\n", "  from: OpportunityContactRoles\n"),),
        ("sources/salesforce.yml:29:3: people -> from: unknown key. Use one of: each, fields.",),
    ),
    Mistake(
        "A listed value becomes nothing",
        (Edit(SOURCE, "      New Business: New\n", "      New Business:\n"),),
        (
            "sources/salesforce.yml:8:7: fields -> deal_type -> values -> New Business: nothing stands behind this key. Write its value, or take the key out.",
        ),
    ),
)
