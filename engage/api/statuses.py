"""From an error to its HTTP status: the only table there is.

A new error of ours gets a line here and one in docs/api.md; a test compares the two.
"""

from collections.abc import Mapping

from engage.api import refusals
from engage.api.refusals import InvalidRequest
from engage.appointments import refusals as of_visits
from engage.appointments.place import NotAPlace
from engage.appointments.slot import SlotGone, SlotNotFree
from engage.appointments.words import NoSuchPlace
from engage.checkins.beginning import (
    NoSuchScript,
    NotAllowedToAnswer,
    NotTheirHelper,
    StartNeeded,
)
from engage.checkins.cadence import NeverDue, NotACadence, TooOften, UnknownZone
from engage.checkins.call import CallFirst
from engage.checkins.plan import NoSuchThreshold, NothingToSkip, PlanEnded, ThresholdNeeded
from engage.checkins.rescreen import DeclinedTooSoon, NotAMomentToAsk
from engage.db.sealing import CannotOpen
from engage.db.session import DatabaseAway
from engage.errors import Conflict, EngageError, NotDurable, NotFound, WrongSetting
from engage.family.choice import NotQuietHours
from engage.family.documents import DocumentRuns, DocumentTooLarge, NotADocument, NotATitle
from engage.family.errand import NotInTheCircle, NotTheTitle, TaskTaken
from engage.feed import BadCursor
from engage.messaging.carrier import CarrierSilent
from engage.messaging.lint import CarrierWord, TooMuchOnScreen
from engage.messaging.webhook_form import BadForm
from engage.needs.codes import NotSuggested
from engage.needs.need import NotTheirsToSay, NotWanted, WrongStep
from engage.needs.own_directory import NotAnOrganization
from engage.needs.referral import (
    NoConsentToShare,
    NotTheirsToSet,
    ReasonMissing,
    WrongMove,
    WrongReason,
)
from engage.needs.screening import NotByText
from engage.people import fields
from engage.people.administration import LastAdministrator, OwnRoles, WorksElsewhere
from engage.people.caregiver import NotARelationship
from engage.people.closures import NotAHoliday, UnknownHolidays
from engage.people.consent import LineIsClosed, LineIsOpen, PurposeNeeded, ReasonNeeded
from engage.people.inviting import SignInByCode
from engage.people.merging.store import AlreadyMerged, HoldsAnother, NotMerged, SameRecord
from engage.people.pagers.browser import NoPushService, NotPushKeys, PushOff
from engage.people.patient import FieldMissing, NotAPatient, NotAStatus
from engage.people.phone import NotAPhoneNumber
from engage.people.practice import (
    NotAPracticeName,
    NotATextLimit,
    NotBusinessHours,
    NotTextingHours,
)
from engage.people.practice_change import LanguageNeeded, NotAPractice
from engage.people.restriction import AlreadyOpen, OwnOpening, RestrictedRecord, WordsNeeded
from engage.people.sharing.grant import TheirOwnHand, WrongVerbs
from engage.people.sharing.store import EndsBefore, GrantOver, NotTheirFamily
from engage.people.signing.codes import WrongCode
from engage.people.signing.families import SeveralPeople
from engage.people.signing.keeping import AlreadyRefreshed, NoSignIn
from engage.people.signing.limits import TooManyTries
from engage.people.signing.organisation import OrganisationAway
from engage.people.signing.passkey_ways import NotAPasskey
from engage.people.signing.passwords import NotAPassword
from engage.people.signing.staff_ways import WrongSignIn
from engage.people.staff import LastMember, NotACover, ResponsiblePerson, UnknownStaff
from engage.people.store import ExternalIdTaken, MergedRecord
from engage.people.store import IdTaken as PatientIdTaken
from engage.queue import verbs
from engage.queue.canned import NoWords, UnknownVariable
from engage.queue.item import AlreadyClaimed, AlreadyClosed, NeedsCrisisOutcome, NotYours
from engage.queue.paging import proofs
from engage.turns import refusals as of_turns
from engage.turns.correcting import NotReadYet, NotTheirCaregiver, Superseded
from engage.turns.signed import NotAReviewer, WordsChanged
from engage.turns.store import TurnFailed

STATUS: Mapping[type[EngageError], int] = {
    InvalidRequest: 400,
    refusals.CutShort: 400,
    refusals.MalformedJson: 400,
    refusals.TooDeep: 400,
    refusals.DuplicateField: 400,
    refusals.UnreadableText: 400,
    refusals.WrongCursor: 400,
    BadCursor: 400,
    refusals.WrongId: 400,
    BadForm: 400,
    refusals.NotSignedIn: 401,
    WrongSignIn: 401,
    WrongCode: 401,
    NoSignIn: 401,
    AlreadyRefreshed: 401,
    refusals.NotAllowed: 403,
    refusals.CrossSite: 403,
    refusals.FreshProofNeeded: 403,
    refusals.BadSignature: 403,
    RestrictedRecord: 403,
    NotFound: 404,
    AlreadyClaimed: 409,
    AlreadyOpen: 409,
    OwnOpening: 409,
    AlreadyClosed: 409,
    CallFirst: 409,
    NotYours: 409,
    verbs.AlreadyTheirs: 409,
    verbs.NotClosed: 409,
    verbs.NothingToReopen: 409,
    verbs.GraveAlone: 409,
    verbs.NeverRests: 409,
    verbs.NotPartOfAnother: 409,
    verbs.OpenedAnew: 409,
    refusals.IdTaken: 409,
    PatientIdTaken: 409,
    ExternalIdTaken: 409,
    of_turns.NoPhone: 409,
    of_turns.PhoneOfAnother: 409,
    of_turns.UnsafePhone: 409,
    SignInByCode: 409,
    of_turns.AlreadyAsked: 409,
    of_turns.NobodyReadsToday: 409,
    of_turns.NotInCare: 409,
    of_turns.PhoneOptedOut: 409,
    of_turns.PhoneBusy: 409,
    LineIsOpen: 409,
    LineIsClosed: 409,
    of_turns.ScreeningOver: 409,
    PlanEnded: 409,
    NothingToSkip: 409,
    of_turns.PhoneShared: 409,
    NotReadYet: 409,
    Superseded: 409,
    AlreadyMerged: 409,
    HoldsAnother: 409,
    NotMerged: 409,
    MergedRecord: 409,
    NotWanted: 409,
    WrongStep: 409,
    WrongMove: 409,
    of_visits.WrongVisitStep: 409,
    of_visits.WrongRideStep: 409,
    of_visits.RideStands: 409,
    of_visits.RideNotConfirmed: 409,
    of_visits.TooSoon: 409,
    SlotGone: 409,
    SlotNotFree: 409,
    of_visits.WaitsAlready: 409,
    of_visits.NotWaiting: 409,
    SeveralPeople: 409,
    LastAdministrator: 409,
    LastMember: 409,
    OwnRoles: 409,
    ResponsiblePerson: 409,
    WordsChanged: 409,
    WorksElsewhere: 409,
    PushOff: 409,
    proofs.WayNotSetUp: 409,
    proofs.NoWayThere: 409,
    proofs.DidNotLeave: 409,
    refusals.MayNotText: 409,
    refusals.StillRunning: 409,
    refusals.ThreadMoved: 409,
    refusals.OwnProposal: 409,
    refusals.TooLate: 409,
    Conflict: 412,
    refusals.TooLarge: 413,
    refusals.NotJson: 415,
    refusals.NotAForm: 415,
    refusals.KeyReused: 422,
    refusals.PracticeNeeded: 422,
    refusals.Unprocessable: 422,
    NeedsCrisisOutcome: 422,
    verbs.WhenToWake: 422,
    verbs.NotHere: 422,
    verbs.WhyAgain: 422,
    verbs.NotOnePatient: 422,
    UnknownVariable: 422,
    CarrierWord: 422,
    TooMuchOnScreen: 422,
    NoPushService: 422,
    NotQuietHours: 422,
    NotPushKeys: 422,
    proofs.NotThisCode: 422,
    NoWords: 422,
    NotACover: 422,
    NotAPatient: 422,
    FieldMissing: 422,
    NotAStatus: 422,
    fields.NotAName: 422,
    fields.NotAnExternalId: 422,
    fields.NotABirthDate: 422,
    fields.NotATimeZone: 422,
    fields.NotAState: 422,
    fields.NotALanguage: 422,
    fields.NotAnEmail: 422,
    UnknownStaff: 422,
    ReasonNeeded: 422,
    WordsNeeded: 422,
    PurposeNeeded: 422,
    of_turns.NoSuchInstrument: 422,
    of_turns.NoSuchAnswer: 422,
    of_turns.ConflictingAnswers: 422,
    NoSuchScript: 422,
    NotACadence: 422,
    NeverDue: 422,
    DeclinedTooSoon: 422,
    NotAMomentToAsk: 422,
    TooOften: 422,
    UnknownZone: 422,
    StartNeeded: 422,
    NoSuchThreshold: 422,
    ThresholdNeeded: 422,
    NotTheirHelper: 422,
    NotAllowedToAnswer: 422,
    NotADocument: 422,
    DocumentTooLarge: 422,
    DocumentRuns: 422,
    NotATitle: 422,
    NotAPhoneNumber: 422,
    NotARelationship: 422,
    NotByText: 422,
    of_turns.NotOnAPage: 422,
    NoConsentToShare: 422,
    NotSuggested: 422,
    NotTheirsToSay: 422,
    NotTheirsToSet: 422,
    ReasonMissing: 422,
    WrongReason: 422,
    of_visits.NotATime: 422,
    of_visits.NotTheirsToTell: 422,
    of_visits.ReasonNotGiven: 422,
    of_visits.ReasonNotFitting: 422,
    of_visits.NotAVisitToRideTo: 422,
    of_visits.PickupNeeded: 422,
    of_visits.DirectionNeeded: 422,
    NoSuchPlace: 422,
    of_visits.NoSuchSchedule: 422,
    of_visits.NoTimes: 422,
    of_visits.NotDays: 422,
    of_visits.NotHours: 422,
    of_visits.TimesOverlap: 422,
    of_visits.TooManyTimes: 422,
    NotAPlace: 422,
    NotTheirFamily: 422,
    WrongVerbs: 422,
    EndsBefore: 422,
    GrantOver: 409,
    TheirOwnHand: 409,
    TaskTaken: 409,
    NotTheTitle: 422,
    NotInTheCircle: 422,
    refusals.SyncTooOld: 410,
    NotTheirCaregiver: 422,
    SameRecord: 422,
    of_visits.NotAVideoAddress: 422,
    NotAPassword: 422,
    NotAPasskey: 422,
    NotAPractice: 422,
    NotAPracticeName: 422,
    NotATextLimit: 422,
    NotBusinessHours: 422,
    NotTextingHours: 422,
    LanguageNeeded: 422,
    NotAHoliday: 422,
    UnknownHolidays: 422,
    NotAnOrganization: 422,
    NotAReviewer: 422,
    refusals.AskedTooOften: 429,
    TooManyTries: 429,
    DatabaseAway: 503,
    NotDurable: 503,
    CarrierSilent: 503,
    OrganisationAway: 503,
    refusals.SchemaBehind: 503,
    TurnFailed: 500,
    WrongSetting: 500,
    CannotOpen: 500,
    EngageError: 500,
}
"""An error that is not listed here counts as its nearest listed base class."""


def status_of(kind: type[EngageError]) -> int:
    """Return the HTTP status of an error class."""
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)
