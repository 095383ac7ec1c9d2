### Страницы офиса программы: квоты, нагрузка, кампания, подготовка.

menu-quotas = Квоты
menu-teaching = Нагрузка преподавателей
menu-campaign = Информационная кампания
menu-setting-up = Подготовка программы

## Квоты

quotas-text = Место переходит от органа к органу, когда согласны оба. Занятые места остаются там, где они заняты.
quota-moves = Переносы
quota-moves-open = открытые
quota-moves-empty = Здесь нет переносов
quota-move-proposed = ждёт согласия
quota-move-moved = места перешли
quota-move-declined = отклонён
quota-move-withdrawn = отозван
quota-side-programme = офис программы
quota-side-from-agency = орган, который отдаёт
quota-side-to-agency = орган, который получает
quota-from-word = Кто отдаёт
quota-to-word = Кто получает
quota-agreed = согласен,
quota-silent = ещё не ответил
quota-ended = Завершил
quota-agree = Согласиться
quota-decline = Отклонить
quota-propose = Предложить перенос
quota-propose-office = Места перейдут, когда согласятся оба органа.
quota-propose-agency = Вы отдаёте свои свободные места. Они перейдут, когда согласится другой орган.
quota-from = Откуда
quota-to = Куда
quota-to-code = Код органа, который получит места
quota-left-of = { $left ->
    [one] свободно { $left } место
    [few] свободно { $left } места
   *[many] свободно { $left } мест
}
quota-seats-of = { $seats ->
    [one] { $seats } место
    [few] { $seats } места
   *[many] { $seats } мест
}
quota-do-propose = Предложить
quota-held = Занято
quota-left = Свободно
quota-used = Использовано

## Ход программы по неделям

weeks-title = Путь к цели по неделям
weeks-target = цель
weeks-table = Таблицей
weeks-table-below = То же таблицей ниже.
weeks-week = Неделя с
weeks-enrolled = Зачислено
weeks-completed = Завершили
weeks-enrolled-so-far = Зачислено всего
weeks-completed-so-far = Завершили всего
tiles-state-body = Органы госвласти
tiles-municipality = Муниципалитеты
tiles-hint = Доля мест, занимающие которые завершили обучение. Чем темнее плитка, тем больше; числа говорят то же.

## Нагрузка преподавателей

load-text = Часы по договорам и по потокам: запланировано, принято, оплачено. Отменённые занятия не считаются.
load-planned-figure = часов запланировано
load-accepted-figure = часов принято
load-paid-figure = часов оплачено полностью
load-contracts-title = По преподавателям и договорам
load-contracts = Часы и оплата по договорам преподавателей
load-contracts-empty = Договоров с преподавателями нет.
load-runs-title = По потокам
load-runs = Часы и оплата по потокам
load-runs-empty = Потоков нет.
load-instructor = Преподаватель
load-contract = Договор
load-contract-hours = По договору, ч
load-planned = План, ч
load-accepted = Принято, ч
load-paid-hours = Оплачено, ч
load-pay = Начислено
load-paid = Выплачено
load-left = Осталось, ч
load-run = Поток

## Информационная кампания

campaign-text = Контракты кампании, принятые по ним работы и выплаты — против строки бюджета.
campaign-no-line = У программы нет строки бюджета для информационной кампании.
campaign-contracts-title = Контракты
campaign-contracts = Контракты с принятым и выплаченным
campaign-contracts-empty = Контрактов нет.
campaign-acts-title = Акты
campaign-acts = Принятые работы
campaign-acts-empty = Актов нет.
campaign-contract = Контракт
campaign-contract-signed = действует
campaign-contract-ended = завершён
campaign-signed-on = Подписан
campaign-subject = Предмет
campaign-contractor = Исполнитель
campaign-amount = Сумма
campaign-accepted = Принято
campaign-paid = Выплачено
campaign-left = Осталось
campaign-act = Акт
campaign-accepted-on = Принят

## Подготовка программы

setting-up-text = Чего программе не хватает до открытия и пока она идёт. Список составлен по тому, что есть сейчас.
setting-up-done = Сделано { $done } из { $total }
programme-status-draft = черновик
programme-status-open = открыта
programme-status-closed = закрыта
step-of = { $has } из { $needed }
step-for = { $has } на { $needed }
step-done = готово
step-open = нужно
step-look = посмотреть
step-agencies = Органы зарегистрированы
step-do-agencies = Зарегистрируйте органы, которые участвуют.
step-quotas = Квот хватает на цель
step-do-quotas = Установите квоты органов; вместе они должны дать цель программы.
step-agency-people = За каждый орган с квотой кто-то отвечает
step-do-agency-people = Выдайте доступ кадровой службе каждого органа и пригласите её.
step-registrars = У университета есть регистратор
step-do-registrars = Выдайте доступ тем, кто зачисляет.
step-teaching-office = В учебном отделе двое
step-do-teaching-office = Занятие записывает один, принимает другой.
step-treasury-office = В финансах двое
step-do-treasury-office = Лимиты и выплаты подтверждает второй человек.
step-pay-line = Строка бюджета: оплата преподавателей
step-do-pay-line = Создайте строку с item instructor_pay; без неё программа не откроется.
step-campaign-line = Строка бюджета: информационная кампания
step-do-campaign-line = Создайте строку с item information_campaign.
step-pay-money = Лимит на сертификаты доведён
step-do-pay-money = Доведите лимит: номинал × цель.
step-campaign-money = Лимит на кампанию доведён
step-do-campaign-money = Доведите лимит на строку кампании.
step-settlement-account = Лицевой счёт указан
step-do-settlement-account = Укажите счёт, по которому приходят выписки банка.
step-opened = Программа открыта
step-do-opened = Откройте программу: после этого выпускаются и погашаются сертификаты.
step-runs = В открытых потоках хватает мест для действующих сертификатов
step-do-runs = Создайте поток или ещё один.
step-contracts = Договоры с преподавателями действуют, часов осталось
step-do-contracts = Зарегистрируйте преподавателей с договорами.
waiting = Ждёт решения
waiting-requested = Заявки
waiting-approved = Одобренные заявки без сертификатов
waiting-quota-moves = Переносы квот
waiting-conflicts = Спорные случаи
waiting-proposals = Действия, которые ждут второго человека
