"""Whole files, several mistakes at once, and the shipped files."""

# ruff: noqa: E501

from tests.mistakes.table import ACCOUNTS, CONTRACT, PEOPLE, SOURCE, STORY, TARGET, WELCOME, Edit, Mistake

MISTAKES = (
    Mistake(
        "A template is not saved as UTF-8",
        (Edit(STORY, "<h3>Who matters</h3>", "<h3>Wer z\udce4hlt</h3>"),),
        ("templates/story.html.j2:3:1: a letter here is not UTF-8. Save the file as UTF-8.",),
    ),
    Mistake(
        "The file of people is not there",
        (Edit(PEOPLE, None, None),),
        ("people.yml:1:1: the file is not there. Put it at mappings/people.yml.",),
    ),
    Mistake(
        "The file of the CRM is not there",
        (Edit(SOURCE, None, None),),
        ("sources/salesforce.yml:1:1: the file is not there. Put it at mappings/sources/salesforce.yml.",),
    ),
    Mistake(
        "A file is empty",
        (Edit(SOURCE, None, "# nothing yet\n"),),
        ("sources/salesforce.yml:1:1: fields: this key is missing. Add it.",),
    ),
    Mistake(
        "A file holds a list",
        (Edit(PEOPLE, None, "- {email: ida.holm@fjord.example, role: csm}\n"),),
        (
            "people.yml:1:1: the file: a list stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "A file holds words",
        (Edit(TARGET, None, "What a handoff becomes\n"),),
        (
            "targets/gainsight.yml:1:1: the file: 'What a handoff becomes' stands here; it must be keys with values. Write them as {key: value}, or each on a line of its own.",
        ),
    ),
    Mistake(
        "A file is not saved as UTF-8",
        (Edit(CONTRACT, "label: Why they leave it", "label: Warum sie zur\udcfcckkommen"),),
        ("handoff.yml:59:1: a letter here is not UTF-8. Save the file as UTF-8.",),
    ),
    Mistake(
        "A character cannot be printed",
        (Edit(CONTRACT, "label: Why they leave it", "label: Why they\x07 leave it"),),
        ("handoff.yml:59:1: a character here cannot be printed. Delete it, and write the line anew.",),
    ),
    Mistake(
        "The file of named accounts is not saved as UTF-8",
        (Edit(ACCOUNTS, "Same building", "Same b\udcfcilding"),),
        ("accounts.csv:3:1: a letter here is not UTF-8. Save the file as CSV UTF-8.",),
    ),
    Mistake(
        "Two mistakes, in two files",
        (
            Edit(CONTRACT, "check: measurable", "check: measureable"),
            Edit(TARGET, "write: if_empty", "write: if_blank"),
        ),
        (
            "handoff.yml:44:5: fields -> goal -> check: 'measureable' is no check. Nearest: measurable.",
            "targets/gainsight.yml:15:47: steps -> company -> fields -> Csm -> write: 'if_blank' cannot be used here. Use one of: always, create_only, if_empty, if_ours.",
        ),
    ),
    Mistake(
        "Two mistakes in one line",
        (Edit(CONTRACT, "{kind: expansion, when: known_customer}", "{kind: upsell, whn: known_customer}"),),
        (
            "handoff.yml:36:6: kinds -> 1 -> kind: 'upsell' cannot be used here. Use one of: excluded, expansion, new_customer.",
            "handoff.yml:36:20: kinds -> 1 -> whn: unknown key. Nearest: when.",
        ),
    ),
    Mistake(
        "A misspelt section, and a mistake inside it",
        (
            Edit(CONTRACT, "deadlines:\n", "dedlines:\n"),
            Edit(CONTRACT, "    owner: rep\n", "    owner: reps\n"),
        ),
        (
            "handoff.yml:100:1: dedlines: unknown key. Nearest: deadlines.",
            "handoff.yml:104:5: deadlines -> fill_gaps -> owner: 'reps' owns no step. Nearest: rep.",
        ),
    ),
    Mistake(
        "A file that is no YAML, and a mistake in another",
        (
            Edit(PEOPLE, "teams:\n", "teams\n"),
            Edit(SOURCE, "as: plain", "as: plane"),
        ),
        (
            "people.yml:9:1: this line has no key with a colon. Write it like key: value.",
            "sources/salesforce.yml:12:25: fields -> goal -> as: 'plane' is no transform. Nearest: plain.",
        ),
    ),
    Mistake(
        "A mistake in a source and one in a template",
        (
            Edit(SOURCE, "{from: status}", "{from: stauts}"),
            Edit(WELCOME, "{{ goal or", "{{ gaol or"),
        ),
        (
            "sources/salesforce.yml:46:25: write_back -> fields -> Handoff_Status__c -> from: 'stauts' cannot be written back. Nearest: status.",
            "templates/welcome.html.j2:2:12: 'gaol' is filled by no mapping. Nearest: goal.",
        ),
    ),
    Mistake(
        "A condition of the shipped contract is misspelt",
        (Edit(TARGET, "    when: with_plan\n", "    when: with_plans\n"),),
        ("targets/gainsight.yml:23:5: steps -> plan -> when: 'with_plans' is no condition. Nearest: with_plan.",),
        good="shipped",
    ),
    Mistake(
        "A receiver of the shipped contract has left",
        (Edit(PEOPLE, "  - {email: ben.okafor@harbor.example, role: csm}\n", ""),),
        (
            "handoff.yml:77:18: routing -> 1 -> receiver: 'ben.okafor@harbor.example' is nobody in people.yml. Add them to people.yml, or name somebody who is there.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped field loses its source",
        (Edit(SOURCE, "  success_metric: {from: Success_Metric__c}\n", ""),),
        (
            "handoff.yml:31:3: fields -> success_metric: no source fills 'success_metric', so it would always be missing. Map it in the source, or take it out.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped segment asks for an amount in words",
        (Edit(CONTRACT, "at_least: 100000", "at_least: a lot"),),
        (
            "handoff.yml:64:25: segments -> 0 -> when -> 0 -> at_least: 'a lot' stands here; it must be a number. Write it like 20000 or 0.92, without quotes.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped CTA loses its status",
        (Edit(TARGET, "      status:     {value: New}\n", ""),),
        (
            "targets/gainsight.yml:34:5: steps -> onboarding_cta -> fields: 'status' is missing, and the platform refuses a cta without it. Map it.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped CTA's own key is mapped",
        (
            Edit(
                TARGET,
                "      status:     {value: New}\n",
                "      status:     {value: New}\n      Bridge_Key__gc: {from: deal.id}\n",
            ),
        ),
        (
            "targets/gainsight.yml:42:7: steps -> onboarding_cta -> fields -> Bridge_Key__gc: 'Bridge_Key__gc' is written by the bridge itself and cannot be mapped. Take it out.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped template tells of a field that is gone",
        (Edit("templates/brief.html.j2", "{{ business_goal or", "{{ business_goals or"),),
        ("templates/brief.html.j2:2:7: 'business_goals' is filled by no mapping. Nearest: business_goal.",),
        good="shipped",
    ),
    Mistake(
        "A shipped template's loop is not closed",
        (Edit("templates/gainsight_cta.html.j2", "{% endfor %}", ""),),
        (
            "templates/gainsight_cta.html.j2:6:4: 'endif' stands where the for that is open must end. Write {% endfor %} first.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped write-back tells what is no part of a receipt",
        (Edit(SOURCE, "{from: next_step, max: 255}", "{from: next_steps, max: 255}"),),
        (
            "sources/salesforce.yml:48:31: write_back -> fields -> Handoff_Next_Step__c -> from: 'next_steps' cannot be written back. Nearest: next_step.",
        ),
        good="shipped",
    ),
    Mistake(
        "A shipped due date loses `as: date`",
        (Edit(TARGET, "{from: work_starts_at, plus: 3 days, as: date}", "{from: work_starts_at, plus: 3 days}"),),
        (
            "targets/gainsight.yml:43:20: steps -> onboarding_cta -> fields -> DueDate -> from: DueDate takes a day, and work_starts_at is a moment. Add as: date.",
        ),
        good="shipped",
    ),
)
