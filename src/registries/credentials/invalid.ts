import { Failure } from '../../core/failure.ts';

/** Credentials that cannot be used. @param place  where they are, never what they are */
export function invalid(place: string, problem: string, fix: string): Failure {
  return new Failure('CREDENTIALS_INVALID', `${place}: ${problem}`, { fix });
}
